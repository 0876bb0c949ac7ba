import type { PassState } from '../../asl/definition.js';
import type { Outcome } from '../handleErrors.js';
import type { StateVisit } from '../stateVisit.js';

/** Hands its input, its `Result` or its `Parameters` on. */
export async function runPass({ state, dataflow }: StateVisit<PassState>): Promise<Outcome> {
  if (state.QueryLanguage === 'JSONata') return { ...(await dataflow.passOn()), next: state.Next };
  const result = state.Result === undefined ? await dataflow.workInput() : state.Result;
  return { ...(await dataflow.complete(result)), next: state.Next };
}
