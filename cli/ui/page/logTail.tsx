import { useEffect, useRef } from 'preact/hooks';
import type { LogLineView } from '../wire.js';

/** The end of the logs of one rank or of several; it follows them until who reads scrolls back. */
export function LogTail({
  lines,
  choice,
  choose,
  worldSize,
  few,
}: {
  lines: readonly LogLineView[];
  choice: string;
  choose: (choice: string) => void;
  worldSize: number | null;
  /** Ranks that can be followed at once. */
  few: number;
}) {
  const place = useRef<HTMLDivElement>(null);
  const follows = useRef(true);
  const top = useRef(0);
  // New lines are what it follows.
  useEffect(() => {
    const element = place.current;
    if (element && follows.current) element.scrollTop = element.scrollHeight;
  }, [lines]);
  const noteScroll = () => {
    const element = place.current;
    if (!element) return;
    // Lines may be added between a scroll to the end and its event, so only a scroll back is one of the reader's.
    const atEnd = element.scrollHeight - element.scrollTop - element.clientHeight < 24;
    if (atEnd) follows.current = true;
    else if (element.scrollTop < top.current) follows.current = false;
    top.current = element.scrollTop;
  };
  const size = worldSize ?? 1;
  return (
    <section class="column">
      <div class="heading">
        <h2 id="log">Log</h2>
        <label>
          of{' '}
          <select value={choice} onChange={({ currentTarget }) => choose(currentTarget.value)}>
            <option value="all">{size > few ? `the first ${few} ranks` : 'all ranks'}</option>
            {Array.from({ length: size }, (_, rank) => (
              <option key={rank} value={String(rank)}>
                rank {rank}
              </option>
            ))}
          </select>
        </label>
      </div>
      <div
        class="scroll tall log"
        ref={place}
        onScroll={noteScroll}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
        tabIndex={0}
        role="log"
        aria-live="off"
        aria-labelledby="log"
      >
        {lines.map(({ rank, generation, atMs, text }, index) => (
          <div key={index} class="line" title={text}>
            <span class="source">
              {new Date(atMs).toLocaleTimeString([], { hour12: false })} {choice === 'all' && `rank ${rank}`}
              {generation > 0 && ` attempt ${generation + 1}`}
            </span>
            {readable(text)}
          </div>
        ))}
        {lines.length === 0 && <p class="quiet">Nothing has been logged yet.</p>}
      </div>
    </section>
  );
}

/** What a structured line says, with its level where that is of note; other lines as they are. */
function readable(text: string): string {
  if (!text.startsWith('{')) return text;
  try {
    const { level, message } = JSON.parse(text);
    if (typeof message !== 'string') return text;
    return level === undefined || level === 'INFO' ? message : `${level} ${message}`;
  } catch {
    return text;
  }
}
