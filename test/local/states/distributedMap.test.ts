import { GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import {
  DescribeExecutionCommand,
  DescribeMapRunCommand,
  DescribeStateMachineForExecutionCommand,
  ListExecutionsCommand,
  ListMapRunsCommand,
  StopExecutionCommand,
  UpdateMapRunCommand,
} from '@aws-sdk/client-sfn';
import { afterEach, describe, expect, it } from 'vitest';
import type { Json } from '../../../local/states/json.js';
import { batchedMap, mapOverListing, mapOverObject, waitingMap } from './definitions/maps.js';
import { EndlessFunction } from './endlessFunction.js';
import type { FakeFunction } from './fakeLambda.js';
import { bucket, outputOf, type StatesCloud, startStatesCloud } from './statesCloud.js';

let cloud: StatesCloud;
afterEach(() => cloud.close());

const put = (Key: string, Body: string) => cloud.s3.send(new PutObjectCommand({ Bucket: bucket, Key, Body }));
const get = async (Key: string) => {
  const { Body } = await cloud.s3.send(new GetObjectCommand({ Bucket: bucket, Key }));
  return (await Body?.transformToString()) ?? '';
};
const mapRunOf = async (executionArn: string) => {
  const { mapRuns = [] } = await cloud.sfn.send(new ListMapRunsCommand({ executionArn }));
  return cloud.sfn.send(new DescribeMapRunCommand({ mapRunArn: mapRuns[0]?.mapRunArn }));
};
const childrenOf = async (mapRunArn: string | undefined) =>
  (await cloud.sfn.send(new ListExecutionsCommand({ mapRunArn, maxResults: 1_000 }))).executions ?? [];

/** Adds the values of a batch; a negative value is an error. */
const work: FakeFunction = (payload) => {
  const values = (payload as { Items: { value: number }[] }).Items.map(({ value }) => value);
  if (values.some((value) => value < 0))
    return { functionError: { errorType: 'Negative', errorMessage: 'below zero' } };
  return { result: values.reduce((sum, value) => sum + value, 0) };
};

describe('a distributed map', () => {
  it('deals its items in batches to children that are executions of their own', async () => {
    cloud = await startStatesCloud({ work });
    const input = { items: [1, 2, 3, 4, 5], size: 2, concurrency: 2, tolerated: 0, factor: 10 };
    const execution = await cloud.run(batchedMap, input);
    expect(outputOf(execution)).toEqual({ ...input, results: [{ sum: 3 }, { sum: 7 }, { sum: 5 }] });
    expect(cloud.lambda.payloads).toContainEqual({
      BatchInput: { factor: 10 },
      Items: [{ value: 5, factor: 10 }],
    });
    const run = await mapRunOf(execution.executionArn!);
    expect(run).toMatchObject({
      executionArn: execution.executionArn,
      status: 'SUCCEEDED',
      maxConcurrency: 2,
      executionCounts: { total: 3, succeeded: 3, pending: 0, running: 0, failed: 0, aborted: 0, timedOut: 0 },
      itemCounts: { total: 5, succeeded: 5 },
    });
    expect(run.mapRunArn).toMatch(/:mapRun:machine-\d+\/Batches:[0-9a-f-]{36}$/);
    const children = await childrenOf(run.mapRunArn);
    expect(children.map(({ itemCount }) => itemCount).sort()).toEqual([1, 2, 2]);
    const child = await cloud.sfn.send(new DescribeExecutionCommand({ executionArn: children[0]?.executionArn }));
    expect(child).toMatchObject({ status: 'SUCCEEDED', mapRunArn: run.mapRunArn });
    expect(child.stateMachineArn).toMatch(/:stateMachine:machine-\d+\/Batches$/);
    expect((await cloud.history(child.executionArn!)).map(({ type }) => type)).toContain('TaskSucceeded');
    const machine = await cloud.sfn.send(
      new DescribeStateMachineForExecutionCommand({ executionArn: child.executionArn }),
    );
    expect(machine).toMatchObject({ label: 'Batches', mapRunArn: run.mapRunArn });
    const types = (await cloud.history(execution.executionArn!)).map(({ type }) => type);
    expect(types).toEqual([
      'ExecutionStarted',
      'MapStateEntered',
      'MapStateStarted',
      'MapRunStarted',
      'MapRunSucceeded',
      'MapStateSucceeded',
      'MapStateExited',
      'ExecutionSucceeded',
    ]);
  });

  it('fails once more items have failed than it tolerates', async () => {
    cloud = await startStatesCloud({ work });
    const input = { items: [-1, -1, 3, -1], size: 2, concurrency: 1, tolerated: 1, factor: 1 };
    const execution = await cloud.run(batchedMap, input);
    expect(execution).toMatchObject({ status: 'FAILED', error: 'States.ExceedToleratedFailureThreshold' });
    expect(await mapRunOf(execution.executionArn!)).toMatchObject({
      status: 'FAILED',
      toleratedFailureCount: 1,
      itemCounts: { failed: 2, pending: 2, total: 4 },
      executionCounts: { failed: 1, pending: 1, total: 2 },
    });
    const types = (await cloud.history(execution.executionArn!)).map(({ type }) => type);
    expect(types.slice(-3)).toEqual(['MapRunFailed', 'MapStateFailed', 'ExecutionFailed']);
  });

  it('shows a tolerated failure as the record of its child', async () => {
    cloud = await startStatesCloud({ work });
    const input = { items: [1, -1], size: 1, concurrency: 0, tolerated: 1, factor: 1 };
    const { results } = outputOf(await cloud.run(batchedMap, input)) as { results: Json[] };
    expect(results[0]).toEqual({ sum: 1 });
    expect(results[1]).toMatchObject({
      Status: 'FAILED',
      Error: 'Negative',
      Cause: expect.stringContaining('below zero'),
    });
  });

  it('stops its children with its execution', async () => {
    const endless = new EndlessFunction();
    cloud = await startStatesCloud({ wait: endless.run });
    const executionArn = await cloud.start(waitingMap, [1, 2, 3, 4, 5]);
    await endless.until(({ begun }) => begun === 3);
    const running = await mapRunOf(executionArn);
    expect(running).toMatchObject({ status: 'RUNNING', executionCounts: { running: 3, pending: 2, total: 5 } });
    await cloud.sfn.send(new StopExecutionCommand({ executionArn, cause: 'enough' }));
    await endless.until(({ givenUp }) => givenUp === 3);
    expect(await mapRunOf(executionArn)).toMatchObject({
      status: 'ABORTED',
      executionCounts: { aborted: 3, pending: 2 },
    });
    const children = await childrenOf(running.mapRunArn);
    expect(children.map(({ status }) => status)).toEqual(['ABORTED', 'ABORTED', 'ABORTED']);
    expect((await cloud.history(executionArn)).map(({ type }) => type).slice(-3)).toEqual([
      'MapRunAborted',
      'MapStateAborted',
      'ExecutionAborted',
    ]);
  });

  it('takes new limits while it runs', async () => {
    const endless = new EndlessFunction();
    cloud = await startStatesCloud({ wait: endless.run });
    const executionArn = await cloud.start(waitingMap, [1, 2, 3, 4, 5]);
    await endless.until(({ begun }) => begun === 3);
    const { mapRunArn } = await mapRunOf(executionArn);
    await cloud.sfn.send(new UpdateMapRunCommand({ mapRunArn, maxConcurrency: 5 }));
    await endless.until(({ begun }) => begun === 5);
    expect(await mapRunOf(executionArn)).toMatchObject({ maxConcurrency: 5, executionCounts: { running: 5 } });
    await cloud.sfn.send(new StopExecutionCommand({ executionArn }));
    await expect(cloud.sfn.send(new UpdateMapRunCommand({ mapRunArn, maxConcurrency: 1 }))).rejects.toMatchObject({
      name: 'ValidationException',
    });
  });

  it('keeps to its concurrency over a thousand children', async () => {
    const waiting: (() => void)[] = [];
    let isFull = false;
    /** Holds every call until forty are made, so that forty must be under way at once. */
    const gated: FakeFunction = async (payload, call) => {
      if (!isFull) {
        await new Promise<void>((resolve) => {
          waiting.push(resolve);
          isFull = waiting.length === 40;
          if (isFull) for (const go of waiting) go();
        });
      }
      return work(payload, call);
    };
    cloud = await startStatesCloud({ work: gated });
    const items = Array.from({ length: 1_000 }, (_, index) => index);
    const execution = await cloud.run(batchedMap, { items, size: 1, concurrency: 40, tolerated: 0, factor: 1 });
    const { results } = outputOf(execution) as { results: { sum: number }[] };
    expect(results.map(({ sum }) => sum)).toEqual(items);
    expect(cloud.lambda.mostAtOnce).toBe(40);
    expect(await mapRunOf(execution.executionArn!)).toMatchObject({ executionCounts: { succeeded: 1_000 } });
  });
});

describe('items from S3', () => {
  const collected = async (manifestKey: string) => {
    const manifest = JSON.parse(await get(manifestKey));
    const files = [...manifest.ResultFiles.SUCCEEDED, ...manifest.ResultFiles.FAILED] as {
      Key: string;
      Size: number;
    }[];
    return { manifest, texts: await Promise.all(files.map(({ Key }) => get(Key))) };
  };

  it('come from CSV, and results go to files beside a manifest', async () => {
    cloud = await startStatesCloud();
    await put('in.csv', 'name,size\n"a, b",1\nbad,2\nc,3\n');
    const definition = mapOverObject({ InputType: 'CSV', CSVHeaderLocation: 'FIRST_ROW' });
    const execution = await cloud.run(definition, { bucket, key: 'in.csv' });
    const output = outputOf(execution) as { MapRunArn: string; ResultWriterDetails: { Bucket: string; Key: string } };
    const run = await mapRunOf(execution.executionArn!);
    expect(run).toMatchObject({ mapRunArn: output.MapRunArn, itemCounts: { total: 3, failed: 1, resultsWritten: 3 } });
    const id = output.MapRunArn.split(':').at(-1);
    expect(output.ResultWriterDetails).toEqual({ Bucket: bucket, Key: `results/${id}/manifest.json` });
    const { manifest, texts } = await collected(output.ResultWriterDetails.Key);
    expect(manifest).toMatchObject({
      DestinationBucket: bucket,
      MapRunArn: output.MapRunArn,
      ResultFiles: {
        PENDING: [],
        SUCCEEDED: [{ Key: `results/${id}/SUCCEEDED_0.json`, Size: Buffer.byteLength(texts[0]!) }],
        FAILED: [{ Key: `results/${id}/FAILED_0.json` }],
      },
    });
    const [succeeded, failed] = texts.map((text) => JSON.parse(text));
    expect(succeeded).toHaveLength(2);
    expect(succeeded[0]).toMatchObject({
      Input: '{"name":"a, b","size":"1"}',
      InputDetails: { Included: true },
      Output: '["a, b"]',
      OutputDetails: { Included: true },
      Status: 'SUCCEEDED',
    });
    expect(failed[0]).toMatchObject({ Status: 'FAILED', Error: 'BadItem', Cause: 'it says so' });
  });

  it('come from a JSON array, and results are flattened into lines', async () => {
    cloud = await startStatesCloud();
    await put('in.json', JSON.stringify([{ name: 'a' }, { name: 'b' }, { name: 'c' }]));
    const definition = mapOverObject(
      { InputType: 'JSON', MaxItems: 2 },
      { Transformation: 'FLATTEN', OutputType: 'JSONL' },
    );
    const output = outputOf(await cloud.run(definition, { bucket, key: 'in.json' })) as {
      ResultWriterDetails: { Key: string };
    };
    const { manifest, texts } = await collected(output.ResultWriterDetails.Key);
    expect(manifest.ResultFiles.SUCCEEDED[0].Key).toMatch(/\/SUCCEEDED_0\.jsonl$/);
    expect(texts).toEqual(['"a"\n"b"\n']);
  });

  it('come from JSON lines, and a broken line fails by its number', async () => {
    cloud = await startStatesCloud();
    await put('in.jsonl', '{"name":"a"}\n\n{"name":"b"}');
    const definition = mapOverObject({ InputType: 'JSONL' }, { Transformation: 'COMPACT', OutputType: 'JSON' });
    const output = outputOf(await cloud.run(definition, { bucket, key: 'in.jsonl' })) as {
      ResultWriterDetails: { Key: string };
    };
    expect((await collected(output.ResultWriterDetails.Key)).texts).toEqual(['[["a"],["b"]]']);
    await put('broken.jsonl', '{"name":"a"}\n{');
    const broken = await cloud.run(definition, { bucket, key: 'broken.jsonl' });
    expect(broken).toMatchObject({ error: 'States.ItemReaderFailed', cause: expect.stringContaining('line 2') });
    const missing = await cloud.run(definition, { bucket, key: 'missing.jsonl' });
    expect(missing).toMatchObject({
      error: 'States.ItemReaderFailed',
      cause: expect.stringContaining('missing.jsonl'),
    });
  });

  it('come from a listing of objects, so many at most', async () => {
    cloud = await startStatesCloud();
    for (const name of ['a', 'b', 'c']) await put(`parts/${name}.npy`, name);
    const input = { bucket, prefix: 'parts/', most: 2 };
    expect(outputOf(await cloud.run(mapOverListing, input))).toEqual(['parts/a.npy', 'parts/b.npy']);
  });
});
