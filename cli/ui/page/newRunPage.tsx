import { useEffect, useId, useRef, useState } from 'preact/hooks';
import type { PayloadFaultView } from '../wire.js';
import { KeyReference } from './keyReference.js';
import { Alert } from './parts.js';
import { goTo } from './route.js';
import { checkPayload, fetchRun, Refused, startRun } from './server.js';
import { useAsked } from './useAsked.js';

/** Rest after a key was pressed until the payload is checked. */
const pauseMs = 150;

const template = `{
  "bucket": "muster-local",
  "S3_object_name": "models/redshift",
  "data_prefix": "surveys/sample",
  "result_path": "results/redshift",
  "batch_size": 64
}
`;

/** Starts a run from a payload, which is checked while it is written. */
export function NewRunPage({ from }: { from: string | undefined }) {
  const former = useAsked(from ?? '', async (signal) => (from === undefined ? undefined : fetchRun(from, signal)));
  const [typed, setText] = useState<string>();
  const [name, setName] = useState('');
  const [error, setError] = useState<Error>();
  const [starting, setStarting] = useState(false);
  const editor = useRef<HTMLTextAreaElement>(null);
  const [editorId, nameId, faultsId] = [useId(), useId(), useId()];
  const given =
    from === undefined ? template : former.value && `${JSON.stringify(former.value.payload, undefined, 2)}\n`;
  const text = typed ?? given;
  const { faults, checked, fault } = useFaults(text);

  const start = async (event: Event) => {
    event.preventDefault();
    if (text === undefined) return;
    setStarting(true);
    setError(undefined);
    try {
      const { runId } = await startRun(text, name.trim() || undefined);
      goTo({ page: 'run', runId });
    } catch (thrown) {
      setError(thrown instanceof Error ? thrown : new Error(String(thrown)));
      setStarting(false);
    }
  };
  const readFile = async (event: Event) => {
    const file = event.currentTarget instanceof HTMLInputElement ? event.currentTarget.files?.[0] : undefined;
    if (file) setText(await file.text());
  };
  return (
    <>
      <div class="title">
        <h1>New run</h1>
      </div>
      <Alert error={former.error} />
      <form onSubmit={start}>
        <div class="heading">
          <label for={editorId}>Payload{from !== undefined && ` of ${from}`}</label>
          <label class="button file">
            Open a file
            <input type="file" accept=".json,application/json" class="unseen" onChange={readFile} />
          </label>
        </div>
        <textarea
          id={editorId}
          ref={editor}
          rows={16}
          spellcheck={false}
          autocomplete="off"
          value={text}
          aria-invalid={faults.length > 0}
          aria-describedby={faultsId}
          onInput={({ currentTarget }) => setText(currentTarget.value)}
        />
        <div id={faultsId} class="faults" role="status">
          {checked && faults.length === 0 && <p class="fine">The payload is in order.</p>}
          {faults.length > 0 && <p class="wrong">{faults.length === 1 ? 'One fault:' : `${faults.length} faults:`}</p>}
          <ul>
            {faults.map((each) => (
              <li key={`${each.key} ${each.message}`}>
                <Place fault={each} show={(line) => showLine(editor.current, line)} /> <code>{each.key}</code>:{' '}
                {each.message}
              </li>
            ))}
          </ul>
        </div>
        <Alert error={fault} />
        <div class="start">
          <label for={nameId}>Name</label>
          <input
            id={nameId}
            value={name}
            placeholder="by the time of day"
            pattern="[A-Za-z0-9_\-]{1,80}"
            title="1-80 letters, digits, - and _"
            onInput={({ currentTarget }) => setName(currentTarget.value)}
          />
          <button class="primary" type="submit" disabled={!checked || faults.length > 0 || starting}>
            {starting ? 'Starting …' : 'Start the run'}
          </button>
        </div>
        <Alert error={error} />
      </form>
      <KeyReference />
    </>
  );
}

/** The faults of a payload, looked for at each pause; `checked` when they are those of the text as it stands. */
function useFaults(text: string | undefined) {
  const [state, setState] = useState<{ text?: string; faults: readonly PayloadFaultView[]; fault?: Error }>({
    faults: [],
  });
  useEffect(() => {
    if (text === undefined) return;
    const leaving = new AbortController();
    const timer = setTimeout(() => {
      checkPayload(text, leaving.signal).then(
        ({ faults }) => setState({ text, faults }),
        (error: unknown) => {
          if (!leaving.signal.aborted && error instanceof Refused) setState({ faults: [], fault: error });
        },
      );
    }, pauseMs);
    return () => {
      clearTimeout(timer);
      leaving.abort();
    };
  }, [text]);
  return { faults: state.faults, fault: state.fault, checked: text !== undefined && state.text === text };
}

function Place({ fault: { line }, show }: { fault: PayloadFaultView; show: (line: number) => void }) {
  if (line === null) return null;
  return (
    <button type="button" class="link" onClick={() => show(line)}>
      line {line}
    </button>
  );
}

/** Marks a line of the editor. */
function showLine(editor: HTMLTextAreaElement | null, line: number): void {
  if (!editor) return;
  const lines = editor.value.split('\n');
  const start = lines.slice(0, line - 1).reduce((length, each) => length + each.length + 1, 0);
  editor.focus();
  editor.setSelectionRange(start, start + (lines[line - 1]?.length ?? 0));
}
