import { clock } from '../../terminal/quantities.js';
import type { EventView } from '../wire.js';

/** Events that are shown; a run of thousands of ranks has tens of thousands. */
const shownEvents = 500;

/** What has happened to a run, newest first. */
export function EventList({ events, originMs }: { events: readonly EventView[]; originMs: number | undefined }) {
  const newest = events.slice(-shownEvents).reverse();
  return (
    <section class="column">
      <h2 id="events">Events</h2>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
      <div class="scroll tall" tabIndex={0} role="log" aria-live="off" aria-labelledby="events">
        <ol class="events">
          {newest.map(({ atMs, kind, text }, index) => (
            <li key={events.length - index} class={kind}>
              <time dateTime={new Date(atMs).toISOString()}>{clock(atMs - (originMs ?? atMs))}</time>
              <span>{text}</span>
            </li>
          ))}
        </ol>
        {newest.length === 0 && <p class="quiet">Nothing has happened yet.</p>}
      </div>
    </section>
  );
}
