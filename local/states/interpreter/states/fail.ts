import type { FailState } from '../../asl/definition.js';
import { StateFailure } from '../../errors.js';
import type { Outcome } from '../handleErrors.js';
import type { StateVisit } from '../stateVisit.js';

/** Ends its flow with the error that it names. */
export async function runFail({ state, dataflow }: StateVisit<FailState>): Promise<Outcome> {
  const error = await dataflow.text({ name: 'Error', value: state.Error, path: state.ErrorPath });
  const cause = await dataflow.text({ name: 'Cause', value: state.Cause, path: state.CausePath });
  throw new StateFailure(error ?? '', cause ?? '');
}
