import { z } from 'zod';
import { workersForMemory } from '../models/workersForMemory.js';
import { isRetryable, RankDeadlineError } from '../rank/errors.js';
import { executeRank } from '../rank/executeRank.js';
import { ModelCache } from '../rank/modelCache.js';
import { PartitionMemory } from '../rank/partitionMemory.js';
import { createS3Client } from '../storage/clients.js';
import { ObjectStore } from '../storage/objectStore.js';
import { lambdaArchitecture, readEnvironment } from './environment.js';
import { PermanentError } from './errors.js';
import { parseEvent } from './event.js';
import type { LambdaContext } from './lambdaContext.js';
import { createLogger } from './logger.js';

const eventSchema = z.object({
  runId: z.string().min(1),
  bucket: z.string().min(1),
  resultPrefix: z.string().min(1),
  rank: z.int().min(0),
  generation: z.int().min(0),
});

const environment = readEnvironment();
const s3 = createS3Client();
const presenceS3 = createS3Client();
const models = new ModelCache(workersForMemory(environment.AWS_LAMBDA_FUNCTION_MEMORY_SIZE));
const memory = new PartitionMemory();
let coldStart = true;

/** One attempt at one rank. */
export async function handler(event: unknown, context: LambdaContext): Promise<{ rank: number; samples: number }> {
  const startedAtMs = Date.now();
  const isCold = coldStart;
  coldStart = false;
  try {
    const request = parseEvent(eventSchema, event);
    const { runId, rank, generation } = request;
    const invocation = {
      requestId: context.awsRequestId,
      logGroup: context.logGroupName,
      logStream: context.logStreamName,
      coldStart: isCold,
      startedAtMs,
      processStartedAtMs: performance.timeOrigin,
      endsAtMs: startedAtMs + context.getRemainingTimeInMillis(),
      memoryMb: environment.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
      architecture: lambdaArchitecture(),
    };
    return await executeRank(request, invocation, {
      store: new ObjectStore(s3),
      presenceStore: new ObjectStore(presenceS3),
      models,
      memory,
      logger: createLogger('executor', { runId, rank, generation }),
    });
  } catch (error) {
    createLogger('executor').error('The attempt failed.', { error, event });
    if (!isRetryable(error)) throw new PermanentError(error);
    // Whoever ran out of time has none left to wait for the threads; their session is sound.
    if (!(error instanceof RankDeadlineError)) await models.drop();
    throw error;
  }
}
