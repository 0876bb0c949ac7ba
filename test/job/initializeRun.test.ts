import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  GetAccountSettingsCommand,
  GetAliasCommand,
  GetFunctionConcurrencyCommand,
  GetFunctionConfigurationCommand,
  LambdaClient,
  LambdaServiceException,
  ResourceNotFoundException,
} from '@aws-sdk/client-lambda';
import { ListObjectsV2Command, S3Client, S3ServiceException } from '@aws-sdk/client-s3';
import { mockClient } from 'aws-sdk-client-mock';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { PreflightError } from '../../job/errors.js';
import { initializeRun } from '../../job/initializeRun.js';
import { planKey, planShardKey } from '../../run/keys.js';
import { PayloadError } from '../../run/parsePayload.js';
import { planSchema, planShardSchema } from '../../run/plan.js';
import { type EmbeddedS3, startEmbeddedS3 } from '../embeddedS3.js';

let s3: EmbeddedS3;
let rendezvous: { url: string; close(): void };
const lambda = mockClient(LambdaClient);

beforeAll(async () => {
  s3 = await startEmbeddedS3();
  rendezvous = await startHealthyServer();
  const store = s3.store();
  for (const key of ['survey/10.pt', 'survey/2.pt', 'survey/1.pt', 'survey/README.md', 'other/readme.txt']) {
    await store.put(s3.bucket, key, key);
  }
  await store.put(s3.bucket, 'models/redshift/redshift.onnx', 'model');
  await store.put(s3.bucket, 'models/redshift/job.mjs', 'export default async () => {}');
  await store.put(s3.bucket, 'models/two/a.onnx', 'a');
  await store.put(s3.bucket, 'models/two/b.onnx', 'b');
  await store.put(s3.bucket, 'models/none/readme.txt', 'nothing');
});
afterAll(async () => {
  rendezvous.close();
  await s3.close();
});
beforeEach(() => {
  lambda.reset();
  lambda.on(GetFunctionConcurrencyCommand).resolves({});
  lambda.on(GetAccountSettingsCommand).resolves({ AccountLimit: { UnreservedConcurrentExecutions: 100 } });
  lambda.on(GetAliasCommand).rejects(new ResourceNotFoundException({ message: 'no such alias', $metadata: {} }));
});

async function startHealthyServer() {
  const server = createServer((_request, response) => response.end('{"status":"ok"}'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}`, close: () => server.close() };
}

const basePayload = () => ({
  bucket: s3.bucket,
  S3_object_name: 'models/redshift',
  data_prefix: 'survey',
  result_path: `results/${Math.random()}`,
});

function initialize(
  payload: object,
  runId = 'run-1',
  rendezvousUrl: string | undefined = rendezvous.url,
  startedAtMs = 1000,
  hasRendezvousHost = false,
) {
  return initializeRun(
    { runId, payload, startedAtMs },
    {
      store: s3.store(),
      lambda: new LambdaClient({ region: 'us-east-1' }),
      executorFunction: 'executor',
      rendezvousUrl,
      hasRendezvousHost,
      executorMemoryMb: 2048,
      region: 'us-east-1',
      invocation: { functionName: 'initialize', requestId: 'request', memoryMb: 512, startedAtMs: 1000 },
    },
  );
}

async function writtenPlan(resultPrefix: string) {
  const store = s3.store();
  return {
    plan: await store.getJson(s3.bucket, planKey(resultPrefix), planSchema),
    shard: await store.getJson(s3.bucket, planShardKey(resultPrefix, 0), planShardSchema),
  };
}

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

  it('refuses a payload with all its faults before it looks at anything', async () => {
    await expect(initialize({ bucket: 'B', retries: -1 })).rejects.toThrow(PayloadError);
    expect(lambda.calls()).toHaveLength(0);
  });

  it('lists everything that is missing at once', async () => {
    const payload = { ...basePayload(), data_prefix: 'other', S3_object_name: 'models/none', collectives: 'relay' };
    const refused = await initialize(payload, 'run-1', 'ws://127.0.0.1:9').catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(PreflightError);
    expect((refused as PreflightError).faults).toEqual([
      expect.stringContaining(
        'no partition under s3://test-bucket/other/ (found 1 other objects, such as other/readme.txt)',
      ),
      expect.stringContaining('no .onnx model under s3://test-bucket/models/none/'),
      expect.stringContaining('does not answer'),
    ]);
  });

  it.each([
    ['a bucket that is not there', { data_bucket: 'nowhere-bucket' }, 'there is no bucket "nowhere-bucket"'],
    ['a model that is not there', { model: 'models/x.onnx' }, 's3://test-bucket/models/x.onnx does not exist'],
    ['two models', { S3_object_name: 'models/two' }, 'name the one to use as "model"'],
    ['a script that is not there', { script: 'gone.mjs' }, 's3://test-bucket/models/redshift/gone.mjs does not exist'],
    [
      'a bucket that is not there, once',
      { bucket: 'nowhere-bucket' },
      /^The run cannot start:\n {2}- bucket: there is no bucket "nowhere-bucket"$/,
    ],
    ['results among the partitions', { result_path: 'survey/results' }, 'results under data_prefix would be taken'],
    ['a barrier without collectives', { barrier: true, collectives: 'none' }, 'a barrier needs collectives'],
    ['a rendezvous that does not answer', { collectives: 'relay' }, 'does not answer'],
  ])('refuses %s', async (name, change, message) => {
    const url = name.includes('rendezvous') ? 'ws://127.0.0.1:9' : undefined;
    await expect(initialize({ ...basePayload(), ...change }, 'run-1', url)).rejects.toThrow(message);
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

  it('says which channel it picked, and by which figures', async () => {
    const run = await initialize(basePayload());
    const { plan } = await writtenPlan(run.resultPrefix);
    expect(plan.collectives.reason).toMatch(/relay is the quickest .* over direct .* over storage/);
  });

  it('picks by the price when the payload asks for it, and says so', async () => {
    const run = await initialize({ ...basePayload(), collectives_hint: 'cheap' });
    const { plan } = await writtenPlan(run.resultPrefix);
    expect(plan.collectives.reason).toMatch(/is the cheapest .* USD, against .* USD over .* USD over /);
    await expect(initialize({ ...basePayload(), collectives: 'relay', collectives_hint: 'cheap' })).rejects.toThrow(
      'collectives_hint: only "collectives": "auto" takes a hint',
    );
  });

  it.each(['storage', 'auto'])('needs no rendezvous for %s', async (collectives) => {
    const run = await initialize({ ...basePayload(), collectives, barrier: true }, 'run-1', 'ws://127.0.0.1:9');
    const { plan } = await writtenPlan(run.resultPrefix);
    expect(plan.collectives.channel).toBe('storage');
    expect(plan.collectives.reason).toContain(collectives === 'auto' ? 'does not answer' : 'meet in S3');
  });

  it('refuses collectives among ranks that can never all be alive, with the numbers', async () => {
    lambda.on(GetFunctionConcurrencyCommand).resolves({ ReservedConcurrentExecutions: 2 });
    await expect(initialize({ ...basePayload(), collectives: 'relay' })).rejects.toThrow(
      '3 ranks can never all be alive at once, because the concurrency reserved for executor is 2',
    );
    const auto = await initialize(basePayload());
    const { plan } = await writtenPlan(auto.resultPrefix);
    expect(plan.collectives).toEqual({ channel: 'none', reason: expect.stringContaining('3 ranks can never') });
  });

  it('starts no more children than executors may run, and none where none may', async () => {
    lambda.on(GetFunctionConcurrencyCommand).resolves({ ReservedConcurrentExecutions: 2 });
    expect(await initialize(basePayload())).toMatchObject({ worldSize: 3, maxConcurrency: 2 });
    expect(await initialize({ ...basePayload(), max_concurrency: 1 })).toMatchObject({ maxConcurrency: 1 });
    lambda.on(GetFunctionConcurrencyCommand).resolves({ ReservedConcurrentExecutions: 0 });
    await expect(initialize(basePayload())).rejects.toThrow('the concurrency reserved for executor is 0; raise it');
  });

  it.each([
    ['relay', undefined],
    ['direct', undefined],
    ['storage', undefined],
    ['auto', true],
  ])('lets one rank begin by itself, whatever it is to talk by (%s)', async (collectives, barrier) => {
    const alone = { ...basePayload(), world_size: 1, collectives, barrier };
    const { resultPrefix, worldSize } = await initialize(alone, 'run-1', 'ws://127.0.0.1:9');
    expect(worldSize).toBe(1);
    const { plan } = await writtenPlan(resultPrefix);
    expect(plan.collectives).toEqual({ channel: 'none', reason: 'one rank needs nobody to talk to' });
  });

  it('says which permission it lacks when it may not ask for the concurrency', async () => {
    const $metadata = { httpStatusCode: 403 };
    lambda
      .on(GetAccountSettingsCommand)
      .rejects(
        new LambdaServiceException({ name: 'AccessDeniedException', message: 'no', $fault: 'client', $metadata }),
      );
    const refused = await initialize({ ...basePayload(), data_prefix: 'nowhere' }).catch((error) => error);
    expect(refused).toBeInstanceOf(PreflightError);
    expect(refused.faults).toEqual([
      expect.stringContaining('no partition under'),
      expect.stringMatching(
        /AccessDeniedException: no.*lambda:GetFunctionConcurrency on executor and lambda:GetAccountSettings/,
      ),
    ]);
  });

  it('says that there is no such executor', async () => {
    lambda
      .on(GetFunctionConcurrencyCommand)
      .rejects(new ResourceNotFoundException({ message: 'Function not found', $metadata: { httpStatusCode: 404 } }));
    await expect(initialize(basePayload())).rejects.toThrow(
      'Lambda has no function "executor"; MUSTER_EXECUTOR_FUNCTION',
    );
  });

  it('tries again when Lambda merely fails', async () => {
    lambda.on(GetFunctionConcurrencyCommand).rejects(new Error('socket hang up'));
    const failed = await initialize(basePayload()).catch((error) => error);
    expect(failed).not.toBeInstanceOf(PreflightError);
    expect(failed.message).toBe('socket hang up');
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
    const { resultPrefix } = await initialize({ ...taken, world_size: 201 }, 'run-2');
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

  it('names a bucket that it may not list', async () => {
    const denied = mockClient(S3Client);
    const $metadata = { httpStatusCode: 403 };
    denied
      .on(ListObjectsV2Command)
      .rejects(new S3ServiceException({ name: 'AccessDenied', message: 'no', $fault: 'client', $metadata }));
    const refused = await initialize({ ...basePayload(), data_bucket: 'other-bucket' }).catch((error) => error);
    denied.restore();
    expect(refused).toBeInstanceOf(PreflightError);
    expect(refused.faults).toEqual([
      expect.stringMatching(/^data_bucket: LIST s3:\/\/other-bucket\/survey\/ failed.*Allow .* s3:ListBucket/),
      expect.stringMatching(/^bucket: LIST s3:\/\/test-bucket\/models\/redshift\/ failed/),
    ]);
  });

  it('needs a rendezvous to be found for ranks that meet there, and for no others', async () => {
    expect(await initialize({ ...basePayload(), collectives: 'direct' })).toMatchObject({ needsRendezvous: true });
    for (const apart of [
      { collectives: 'storage' },
      { collectives: 'none' },
      { collectives: 'relay', world_size: 1 },
    ]) {
      expect(await initialize({ ...basePayload(), ...apart })).toMatchObject({ needsRendezvous: false });
    }
  });

  it('does not look for the server of a host that must be started first, but counts the time for it', async () => {
    const withHost = (change: object) => initialize({ ...basePayload(), ...change }, 'run-1', '', 1000, true);
    const asked = await withHost({ collectives: 'relay' });
    expect(asked.needsRendezvous).toBe(true);
    const { plan } = await writtenPlan(asked.resultPrefix);
    expect(plan.collectives.reason).toContain('the host of the rendezvous is started for them');
    const auto = await withHost({});
    expect(auto.needsRendezvous).toBe(false);
    expect((await writtenPlan(auto.resultPrefix)).plan.collectives).toEqual({
      channel: 'storage',
      reason: expect.stringMatching(/storage is the quickest .* against 45\.1 s .* over relay/),
    });
  });

  it('says what is wrong with the address of the rendezvous', async () => {
    const refused = initialize({ ...basePayload(), collectives: 'relay' }, 'run-1', 'rendezvous.example:8080');
    await expect(refused).rejects.toThrow('MUSTER_RENDEZVOUS_URL is "rendezvous.example:8080"; expected ws://');
  });

  it('keeps apart two runs that have the same name', async () => {
    const payload = basePayload();
    const prefixes: string[] = [];
    for (const startedAtMs of [1000, 2000, 3000]) {
      prefixes.push((await initialize(payload, 'same-name', undefined, startedAtMs)).resultPrefix);
    }
    const { result_path } = payload;
    expect(prefixes).toEqual([result_path, `${result_path}/same-name`, `${result_path}/same-name-3000`]);
  });

  it('gives every run a result prefix of its own, even for the same payload', async () => {
    const payload = basePayload();
    const runs = await Promise.all(['run-a', 'run-b', 'run-c'].map((runId) => initialize(payload, runId)));
    expect(new Set(runs.map(({ resultPrefix }) => resultPrefix)).size).toBe(3);
    for (const { runId, resultPrefix } of runs) {
      expect([payload.result_path, `${payload.result_path}/${runId}`]).toContain(resultPrefix);
      expect((await writtenPlan(resultPrefix)).plan.runId).toBe(runId);
    }
    const again = await initialize(payload, runs[0].runId);
    expect(again.resultPrefix).toBe(runs[0].resultPrefix);
  });
});

describe('the version of the executor', () => {
  /** An alias `memory-3008` of version 7 with the code of `publishedCode`; the deployment has the code "now". */
  function publish(publishedCode: string, memoryMb = 3008) {
    lambda.on(GetAliasCommand, { Name: `memory-${memoryMb}` }).resolves({ FunctionVersion: '7' });
    lambda
      .on(GetFunctionConfigurationCommand, { Qualifier: '7' })
      .resolves({ CodeSha256: publishedCode, MemorySize: memoryMb })
      .on(GetFunctionConfigurationCommand, { Qualifier: '$LATEST' })
      .resolves({ CodeSha256: 'now', MemorySize: 2048 });
  }

  it('is the deployment itself when the payload asks for no memory, or for that of the deployment', async () => {
    for (const wish of [{}, { memory_mb: '2048' }]) {
      const run = await initialize({ ...basePayload(), ...wish });
      expect(run.executorQualifier).toBe('$LATEST');
      expect((await writtenPlan(run.resultPrefix)).plan).toMatchObject({
        executorQualifier: '$LATEST',
        executorMemoryMb: 2048,
      });
    }
  });

  it('is the one that the alias of the memory names, by its number, which stays', async () => {
    publish('now');
    const run = await initialize({ ...basePayload(), memory_mb: 3008 });
    expect(run.executorQualifier).toBe('7');
    expect((await writtenPlan(run.resultPrefix)).plan.executorMemoryMb).toBe(3008);
  });

  it('is kept to by runs without a wish too, once the memory of the deployment has one', async () => {
    publish('now', 2048);
    expect((await initialize(basePayload())).executorQualifier).toBe('7');
    publish('before', 2048);
    expect((await initialize(basePayload())).executorQualifier).toBe('$LATEST');
  });

  it('is asked for by the command that makes it, when it is missing or of another deployment', async () => {
    const missing = initialize({ ...basePayload(), memory_mb: 3008 });
    await expect(missing).rejects.toThrow(/executor has no version with 3008 MB.*"muster memory ensure 3008"/);
    publish('before');
    const stale = initialize({ ...basePayload(), memory_mb: 3008 });
    await expect(stale).rejects.toThrow(/executor was deployed anew .*"muster memory ensure 3008"/);
  });
});
