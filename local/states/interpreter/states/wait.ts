import type { WaitState } from '../../asl/definition.js';
import { atLeast } from '../../asl/fields.js';
import { StateFailure } from '../../errors.js';
import type { Outcome } from '../handleErrors.js';
import type { StateVisit } from '../stateVisit.js';
import { parseTimestamp } from '../timestamp.js';

/** Waits for a number of seconds, or until a time; a time that has passed is no wait. */
export async function runWait(visit: StateVisit<WaitState>): Promise<Outcome> {
  const { clock } = visit.frame.environment;
  await clock.sleep(await waitMs(visit, clock.now()), visit.frame.signal);
  return { ...(await visit.dataflow.passOn()), next: visit.state.Next };
}

async function waitMs({ state, dataflow }: StateVisit<WaitState>, nowMs: number): Promise<number> {
  const seconds = await dataflow.number({
    name: 'Seconds',
    value: state.Seconds,
    path: state.SecondsPath,
    rule: atLeast(0),
  });
  if (seconds !== undefined) return seconds * 1_000;
  const text = await dataflow.text({ name: 'Timestamp', value: state.Timestamp, path: state.TimestampPath });
  const untilMs = parseTimestamp(text);
  if (untilMs !== undefined) return Math.max(0, untilMs - nowMs);
  throw new StateFailure(
    'States.Runtime',
    `Timestamp must look like 2026-01-31T10:00:00Z, got ${JSON.stringify(text)}.`,
  );
}
