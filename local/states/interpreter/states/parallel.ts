import type { ParallelState } from '../../asl/definition.js';
import type { Json } from '../../json.js';
import { type Completion, checkPayload } from '../dataflow.js';
import { asFailure, handleErrors, type Outcome } from '../handleErrors.js';
import { LinkedAbort } from '../linkedAbort.js';
import { runFlow } from '../runFlow.js';
import type { StateVisit } from '../stateVisit.js';
import { VariableScope } from '../variableScope.js';

/** Runs its branches at the same time, each with a copy of the input; the first that fails ends the others. */
export function runParallel(visit: StateVisit<ParallelState>): Promise<Outcome> {
  return handleErrors(visit, () => runBranches(visit));
}

async function runBranches({ state, frame, dataflow }: StateVisit<ParallelState>): Promise<Completion> {
  const { trail, scope, signal } = frame;
  const input = await dataflow.workInput();
  checkPayload(input, 'The input of the branches');
  trail.add('ParallelStateStarted');
  const stop = new LinkedAbort(signal);
  const trails = state.Branches.map(() => trail.fork());
  const runs = state.Branches.map((branch, index) =>
    runFlow(branch, input, {
      ...frame,
      scope: new VariableScope(scope),
      trail: trails[index]!,
      signal: stop.signal,
    }),
  );
  let outputs: Json[];
  try {
    outputs = await Promise.all(runs);
  } catch (error) {
    stop.abort(new Error('another branch failed'));
    await Promise.allSettled(runs);
    trail.join(trails);
    const failure = asFailure(error, frame);
    trail.add('ParallelStateFailed');
    throw failure;
  } finally {
    stop.release();
  }
  trail.join(trails);
  trail.add('ParallelStateSucceeded');
  checkPayload(outputs, 'The output of the branches');
  return dataflow.complete(outputs);
}
