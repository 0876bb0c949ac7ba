import { messageOf } from '../../../run/errors.js';
import type { ErrorHandlers, State, Transition } from '../asl/definition.js';
import { StateFailure } from '../errors.js';
import type { Completion } from './dataflow.js';
import { matchesError } from './errorNames.js';
import type { Frame } from './frame.js';
import { retryDelayMs } from './retryDelay.js';
import type { StateVisit } from './stateVisit.js';

/** How a state ended: what it hands on, and to which state; none where the flow ends. */
export interface Outcome extends Completion {
  next?: string;
}

/** Runs the work of a state until it succeeds, its retriers are used up, or a catcher takes its failure. */
export async function handleErrors(
  visit: StateVisit<State & ErrorHandlers & Transition>,
  attempt: () => Promise<Completion>,
): Promise<Outcome> {
  const { state, frame } = visit;
  const attempts = (state.Retry ?? []).map(() => 0);
  for (;;) {
    try {
      return { ...(await attempt()), next: state.Next };
    } catch (error) {
      const failure = asFailure(error, frame);
      visit.note(failure);
      const index = (state.Retry ?? []).findIndex(({ ErrorEquals }) => matchesError(ErrorEquals, failure.errorName));
      const retrier = state.Retry?.[index];
      if (retrier && attempts[index]! < (retrier.MaxAttempts ?? 3)) {
        const { clock, random } = frame.environment;
        await clock.sleep(retryDelayMs(retrier, attempts[index]!++, random), frame.signal);
        visit.countRetry();
        continue;
      }
      return takeByCatcher(visit, failure);
    }
  }
}

async function takeByCatcher(visit: StateVisit<State & ErrorHandlers>, failure: StateFailure): Promise<Outcome> {
  const catchers = visit.state.Catch ?? [];
  const index = catchers.findIndex(({ ErrorEquals }) => matchesError(ErrorEquals, failure.errorName));
  const catcher = catchers[index];
  if (!catcher) throw failure;
  return { ...(await visit.dataflow.caught(catcher, `Catch[${index}]`, failure)), next: catcher.Next };
}

/** What a flow failed of. An abort is no failure: it is thrown on. */
export function asFailure(error: unknown, frame: Frame): StateFailure {
  if (frame.signal.aborted) throw frame.signal.reason;
  if (error instanceof StateFailure) return error;
  return new StateFailure('States.Runtime', `An error occurred while executing the state: ${messageOf(error)}`, error);
}
