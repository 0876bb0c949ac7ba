import type { SucceedState } from '../../asl/definition.js';
import type { Outcome } from '../handleErrors.js';
import type { StateVisit } from '../stateVisit.js';

/** Ends its flow well. */
export function runSucceed({ dataflow }: StateVisit<SucceedState>): Promise<Outcome> {
  return dataflow.passOn();
}
