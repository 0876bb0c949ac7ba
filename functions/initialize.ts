import { LambdaClient } from '@aws-sdk/client-lambda';
import { z } from 'zod';
import { type InitializedRun, initializeRun } from '../job/initializeRun.js';
import { createS3Client } from '../storage/clients.js';
import { ObjectStore } from '../storage/objectStore.js';
import { readEnvironment } from './environment.js';
import { parseEvent } from './event.js';
import type { LambdaContext } from './lambdaContext.js';

const eventSchema = z.object({
  runId: z.string().min(1),
  /** ISO 8601, of the execution's start. */
  startedAt: z.iso.datetime({ offset: true }),
  payload: z.unknown(),
});

const s3 = createS3Client();
const lambda = new LambdaClient({});

/** First state: validates the payload, checks what the ranks will need, writes the plan. */
export async function handler(event: unknown, context: LambdaContext): Promise<InitializedRun> {
  const startedAtMs = Date.now();
  const environment = readEnvironment();
  const { runId, startedAt, payload } = parseEvent(eventSchema, event);
  return initializeRun(
    { runId, payload, startedAtMs: Date.parse(startedAt) },
    {
      store: new ObjectStore(s3),
      lambda,
      executorFunction: environment.MUSTER_EXECUTOR_FUNCTION,
      rendezvousUrl: environment.MUSTER_RENDEZVOUS_URL,
      hasRendezvousHost: Boolean(environment.MUSTER_RENDEZVOUS_PARAMETERS),
      executorMemoryMb: environment.MUSTER_EXECUTOR_MEMORY_MB,
      region: environment.AWS_REGION,
      invocation: {
        functionName: context.functionName,
        requestId: context.awsRequestId,
        memoryMb: environment.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
        startedAtMs,
      },
    },
  );
}
