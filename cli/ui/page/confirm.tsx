import { useId, useLayoutEffect, useRef } from 'preact/hooks';

/** Asks before something that cannot be undone; Escape is no. */
export function Confirm({
  question,
  text,
  yes,
  onYes,
  onNo,
}: {
  question: string;
  text: string;
  yes: string;
  onYes: () => void;
  onNo: () => void;
}) {
  const dialog = useRef<HTMLDialogElement>(null);
  const heading = useId();
  useLayoutEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog ref={dialog} aria-labelledby={heading} onClose={onNo}>
      <h2 id={heading}>{question}</h2>
      <p>{text}</p>
      <div class="actions">
        <button type="button" onClick={() => dialog.current?.close()}>
          Leave it
        </button>
        <button type="button" class="danger" onClick={onYes}>
          {yes}
        </button>
      </div>
    </dialog>
  );
}
