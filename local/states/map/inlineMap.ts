import type { MapState } from '../asl/definition.js';
import { mapNumbers } from '../asl/sharedSchemas.js';
import { type Completion, checkPayload } from '../interpreter/dataflow.js';
import { asFailure } from '../interpreter/handleErrors.js';
import { LinkedAbort } from '../interpreter/linkedAbort.js';
import { runFlow } from '../interpreter/runFlow.js';
import type { StateVisit } from '../interpreter/stateVisit.js';
import { VariableScope } from '../interpreter/variableScope.js';
import type { Json } from '../json.js';

/** An inline map never runs more iterations than this at a time. */
const mostIterations = 40;

/** Runs the iterations in this execution; the first that fails ends the others. */
export async function runInlineMap(visit: StateVisit<MapState>): Promise<Completion> {
  const { state, frame, dataflow } = visit;
  const items = await dataflow.items(state);
  const concurrency = await dataflow.number({
    name: 'MaxConcurrency',
    value: state.MaxConcurrency,
    path: state.MaxConcurrencyPath,
    rule: mapNumbers.concurrency,
  });
  frame.trail.add('MapStateStarted', { mapStateStartedEventDetails: { length: items.length } });
  const stop = new LinkedAbort(frame.signal);
  const outputs: Json[] = new Array<Json>(items.length).fill(null);
  const trails: (typeof frame.trail)[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let index = next++; index < items.length; index = next++) {
      const trail = frame.trail.fork();
      trails.push(trail);
      outputs[index] = await iterate(visit, index, items[index]!, trail, stop.signal);
    }
  };
  const workers = Array.from({ length: Math.min(items.length, concurrency || mostIterations, mostIterations) }, worker);
  try {
    await Promise.all(workers);
  } catch (error) {
    stop.abort(new Error('another iteration failed'));
    await Promise.allSettled(workers);
    frame.trail.join(trails);
    const failure = asFailure(error, frame);
    frame.trail.add('MapStateFailed');
    throw failure;
  } finally {
    stop.release();
  }
  frame.trail.join(trails);
  frame.trail.add('MapStateSucceeded');
  checkPayload(outputs, 'The output of the iterations');
  return dataflow.complete(outputs);
}

async function iterate(
  { name, state, frame, dataflow }: StateVisit<MapState>,
  index: number,
  value: Json,
  trail: typeof frame.trail,
  signal: AbortSignal,
): Promise<Json> {
  const details = { name, index };
  signal.throwIfAborted();
  trail.add('MapIterationStarted', { mapIterationStartedEventDetails: details });
  try {
    const mapItem = { Index: index, Value: value };
    const selector = state.ItemSelector;
    const input = selector === undefined ? value : await dataflow.template(selector, 'ItemSelector', mapItem);
    const scope = new VariableScope(frame.scope);
    const output = await runFlow(state.ItemProcessor, input, { ...frame, scope, trail, signal, mapItem });
    trail.add('MapIterationSucceeded', { mapIterationSucceededEventDetails: details });
    return output;
  } catch (error) {
    if (signal.aborted) trail.add('MapIterationAborted', { mapIterationAbortedEventDetails: details });
    else trail.add('MapIterationFailed', { mapIterationFailedEventDetails: details });
    throw error;
  }
}
