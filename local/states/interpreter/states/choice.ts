import type { ChoiceState } from '../../asl/definition.js';
import { StateFailure } from '../../errors.js';
import type { Outcome } from '../handleErrors.js';
import type { StateVisit } from '../stateVisit.js';

/** Goes where the first rule that applies points, or to `Default`. */
export async function runChoice({ name, state, dataflow }: StateVisit<ChoiceState>): Promise<Outcome> {
  for (const [index, rule] of state.Choices.entries()) {
    if (await dataflow.choose(rule, `Choices[${index}]`)) return { ...(await dataflow.passOn(rule)), next: rule.Next };
  }
  if (state.Default === undefined) {
    throw new StateFailure(
      'States.NoChoiceMatched',
      `The Choice state '${name}' has no rule that matches its input and no Default.`,
    );
  }
  return { ...(await dataflow.passOn()), next: state.Default };
}
