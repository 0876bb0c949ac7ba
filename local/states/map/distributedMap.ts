import type { MapState } from '../asl/definition.js';
import { mapNumbers } from '../asl/sharedSchemas.js';
import type { StateFailure } from '../errors.js';
import { type Completion, checkPayload } from '../interpreter/dataflow.js';
import { asFailure } from '../interpreter/handleErrors.js';
import type { StateVisit } from '../interpreter/stateVisit.js';
import type { Json } from '../json.js';
import { type Batch, batchItems } from './itemBatcher.js';
import { readItems } from './itemReader.js';
import { collectResults } from './mapResults.js';
import type { MapRun, MapRunLimits } from './mapRunHost.js';
import { readWriter, writeResults } from './resultWriter.js';
import { runChildren } from './runChildren.js';

/** Runs each item, or batch of items, in a child execution of its own. */
export async function runDistributedMap(visit: StateVisit<MapState>): Promise<Completion> {
  const { name, state, frame, dataflow } = visit;
  const { trail, environment } = frame;
  const limits = await readLimits(visit);
  const batches = await readBatches(visit);
  const writer = await readWriter(visit);
  trail.add('MapStateStarted', { mapStateStartedEventDetails: { length: batches.length } });
  const run = environment.mapRuns.open({
    parent: environment,
    stateName: name,
    label: state.Label,
    processor: state.ItemProcessor,
    limits,
  });
  trail.add('MapRunStarted', { mapRunStartedEventDetails: { mapRunArn: run.arn } });
  let result: Json;
  try {
    const children = await runChildren(run, batches, frame.signal);
    result = writer.target
      ? await writeResults(environment.mapRuns.s3(), writer, run, children, frame.signal)
      : await collectResults(run, children, writer.transformation);
    checkPayload(result, 'The output of the map');
  } catch (error) {
    throw fail(error, visit, run);
  }
  run.finish('SUCCEEDED');
  trail.add('MapRunSucceeded');
  trail.add('MapStateSucceeded');
  return dataflow.complete(result);
}

/** Ends the map run as failed, or as aborted when the execution is. */
function fail(error: unknown, { frame }: StateVisit<MapState>, run: MapRun): StateFailure {
  if (frame.signal.aborted) {
    run.finish('ABORTED');
    frame.trail.add('MapRunAborted');
  } else run.finish('FAILED');
  const failure = asFailure(error, frame);
  frame.trail.add('MapRunFailed', { mapRunFailedEventDetails: { error: failure.errorName, cause: failure.causeText } });
  frame.trail.add('MapStateFailed');
  return failure;
}

async function readLimits({ state, dataflow }: StateVisit<MapState>): Promise<MapRunLimits> {
  const maxConcurrency = await dataflow.number({
    name: 'MaxConcurrency',
    value: state.MaxConcurrency,
    path: state.MaxConcurrencyPath,
    rule: mapNumbers.concurrency,
  });
  const toleratedFailureCount = await dataflow.number({
    name: 'ToleratedFailureCount',
    value: state.ToleratedFailureCount,
    path: state.ToleratedFailureCountPath,
    rule: mapNumbers.failureCount,
  });
  const toleratedFailurePercentage = await dataflow.number({
    name: 'ToleratedFailurePercentage',
    value: state.ToleratedFailurePercentage,
    path: state.ToleratedFailurePercentagePath,
    rule: mapNumbers.failurePercentage,
  });
  return { maxConcurrency: maxConcurrency ?? 0, toleratedFailureCount, toleratedFailurePercentage };
}

async function readBatches(visit: StateVisit<MapState>): Promise<Batch[]> {
  const { state, dataflow } = visit;
  const items = state.ItemReader ? await readItems(visit, state.ItemReader) : await dataflow.items(state);
  const inputs = await selectInputs(visit, items);
  const batcher = state.ItemBatcher;
  if (!batcher) return inputs.map((input) => ({ input, itemCount: 1 }));
  const batchInput =
    batcher.BatchInput === undefined
      ? undefined
      : await dataflow.template(batcher.BatchInput, 'ItemBatcher/BatchInput');
  const maxItems = await dataflow.number({
    name: 'MaxItemsPerBatch',
    value: batcher.MaxItemsPerBatch,
    path: batcher.MaxItemsPerBatchPath,
    rule: mapNumbers.items,
  });
  const maxBytes = await dataflow.number({
    name: 'MaxInputBytesPerBatch',
    value: batcher.MaxInputBytesPerBatch,
    path: batcher.MaxInputBytesPerBatchPath,
    rule: mapNumbers.batchBytes,
  });
  return batchItems(inputs, { maxItems, maxBytes, batchInput });
}

async function selectInputs({ state, dataflow }: StateVisit<MapState>, items: Json[]): Promise<Json[]> {
  const selector = state.ItemSelector;
  if (selector === undefined) return items;
  const inputs: Json[] = [];
  for (const [Index, Value] of items.entries()) {
    inputs.push(await dataflow.template(selector, 'ItemSelector', { Index, Value }));
  }
  return inputs;
}
