import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  GetAccountSettingsCommand,
  GetAliasCommand,
  GetFunctionConcurrencyCommand,
  LambdaClient,
  ResourceNotFoundException,
} from '@aws-sdk/client-lambda';
import { mockClient } from 'aws-sdk-client-mock';
import { afterAll, beforeAll, beforeEach } from 'vitest';
import { initializeRun } from '../../job/initializeRun.js';
import { planKey, planShardKey } from '../../run/keys.js';
import { planSchema, planShardSchema } from '../../run/plan.js';
import { type EmbeddedS3, startEmbeddedS3 } from '../embeddedS3.js';

export let s3: EmbeddedS3;
/** Answers that there may be 100 executors, until a test says otherwise. */
export const lambda = mockClient(LambdaClient);
let rendezvous: { url: string; close(): void };

/** To be called by a test file that begins runs: S3 with a survey and models, Lambda, and a rendezvous that is well. */
export function useSurvey(): void {
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
}

async function startHealthyServer() {
  const server = createServer((_request, response) => response.end('{"status":"ok"}'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}`, close: () => server.close() };
}

/** A payload over the survey, with results of its own. */
export const basePayload = () => ({
  bucket: s3.bucket,
  S3_object_name: 'models/redshift',
  data_prefix: 'survey',
  result_path: `results/${Math.random()}`,
});

/** What the function `initialize` does. */
export function initialize(
  payload: object,
  surroundings: { runId?: string; startedAtMs?: number; rendezvousUrl?: string; hasRendezvousHost?: boolean } = {},
) {
  const {
    runId = 'run-1',
    startedAtMs = 1000,
    rendezvousUrl = rendezvous.url,
    hasRendezvousHost = false,
  } = surroundings;
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

export async function writtenPlan(resultPrefix: string) {
  const store = s3.store();
  return {
    plan: await store.getJson(s3.bucket, planKey(resultPrefix), planSchema),
    shard: await store.getJson(s3.bucket, planShardKey(resultPrefix, 0), planShardSchema),
  };
}
