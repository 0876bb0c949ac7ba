import { GetFunctionConcurrencyCommand } from '@aws-sdk/client-lambda';
import { describe, expect, it } from 'vitest';
import { basePayload, initialize, lambda, s3, useSurvey, writtenPlan } from './surveyRun.js';

useSurvey();

describe('initializeRun', () => {
  it('plans one rank a partition, in natural order, and takes the one model there is', async () => {
    const run = await initialize(basePayload());
    expect(run).toMatchObject({ runId: 'run-1', worldSize: 3, maxConcurrency: 3, retries: 2 });
    const { plan, shard } = await writtenPlan(run.resultPrefix);
    expect(shard.rows.map(({ partitions }) => partitions.map(({ key }) => key))).toEqual([
      ['survey/1.pt'],
      ['survey/2.pt'],
      ['survey/10.pt'],
    ]);
    expect(plan.model?.key).toBe('models/redshift/redshift.onnx');
    expect(plan.collectives.channel).toBe('relay');
    expect(plan.totalBytes).toBe('survey/1.pt'.length * 2 + 'survey/10.pt'.length);
  });

  it('makes file_limit ranks when world_size is left out, as CosmicAI does', async () => {
    const run = await initialize({ ...basePayload(), file_limit: '2' });
    expect(run.worldSize).toBe(2);
    const wide = await initialize({ ...basePayload(), world_size: '5' });
    const { shard } = await writtenPlan(wide.resultPrefix);
    expect(shard.rows.map(({ partitions }) => partitions.length)).toEqual([1, 1, 1, 0, 0]);
  });

  it('runs the built-in inference for a Python script, and a module for a JS one', async () => {
    const python = await initialize({ ...basePayload(), script: '/tmp/models/redshift/inference.py' });
    expect((await writtenPlan(python.resultPrefix)).plan.script).toEqual({
      kind: 'inference',
      insteadOf: '/tmp/models/redshift/inference.py',
    });
    const module = await initialize({ ...basePayload(), script: 'job.mjs' });
    expect((await writtenPlan(module.resultPrefix)).plan.script).toEqual({
      kind: 'module',
      prefix: 'models/redshift',
      key: 'models/redshift/job.mjs',
    });
  });

  it('starts no more children than executors may run, and none where none may', async () => {
    lambda.on(GetFunctionConcurrencyCommand).resolves({ ReservedConcurrentExecutions: 2 });
    expect(await initialize(basePayload())).toMatchObject({ worldSize: 3, maxConcurrency: 2 });
    expect(await initialize({ ...basePayload(), max_concurrency: 1 })).toMatchObject({ maxConcurrency: 1 });
    lambda.on(GetFunctionConcurrencyCommand).resolves({ ReservedConcurrentExecutions: 0 });
    await expect(initialize(basePayload())).rejects.toThrow('the concurrency reserved for executor is 0; raise it');
  });

  it('counts its requests for the bill, those to come included', async () => {
    const asked: Record<string, number> = {};
    const taken = basePayload();
    await initialize(taken);
    s3.client.middlewareStack.add(
      (next, { commandName = '' }) =>
        (input) => {
          asked[commandName] = (asked[commandName] ?? 0) + 1;
          return next(input);
        },
      { step: 'initialize', name: 'count' },
    );
    const { resultPrefix } = await initialize({ ...taken, world_size: 201 }, { runId: 'run-2' });
    s3.client.middlewareStack.remove('count');
    const { requests } = (await writtenPlan(resultPrefix)).plan.initialize;
    expect(requests).toEqual({
      get: asked.GetObjectCommand ?? 0,
      put: asked.PutObjectCommand,
      list: asked.ListObjectsV2Command,
      head: asked.HeadObjectCommand ?? 0,
    });
    // The plan at the prefix that was taken, the plan beside it, and three shards.
    expect(requests.put).toBe(5);
  });

  it('keeps apart two runs that have the same name', async () => {
    const payload = basePayload();
    const prefixes: string[] = [];
    for (const startedAtMs of [1000, 2000, 3000]) {
      prefixes.push((await initialize(payload, { runId: 'same-name', startedAtMs })).resultPrefix);
    }
    const { result_path } = payload;
    expect(prefixes).toEqual([result_path, `${result_path}/same-name`, `${result_path}/same-name-3000`]);
  });

  it('gives every run a result prefix of its own, even for the same payload', async () => {
    const payload = basePayload();
    const runs = await Promise.all(['run-a', 'run-b', 'run-c'].map((runId) => initialize(payload, { runId })));
    expect(new Set(runs.map(({ resultPrefix }) => resultPrefix)).size).toBe(3);
    for (const { runId, resultPrefix } of runs) {
      expect([payload.result_path, `${payload.result_path}/${runId}`]).toContain(resultPrefix);
      expect((await writtenPlan(resultPrefix)).plan.runId).toBe(runId);
    }
    const again = await initialize(payload, { runId: runs[0].runId });
    expect(again.resultPrefix).toBe(runs[0].resultPrefix);
  });
});
