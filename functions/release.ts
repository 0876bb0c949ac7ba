import { z } from 'zod';
import { possiblePrefixes } from '../job/claim.js';
import type { ReleaseSurroundings } from '../job/freeWaiting.js';
import { releaseRank } from '../job/releaseRank.js';
import { type StopOutcome, stopRun } from '../job/stopRun.js';
import { PayloadError, parsePayload } from '../run/parsePayload.js';
import type { Payload } from '../run/payload.js';
import { createS3Client } from '../storage/clients.js';
import { ObjectStore } from '../storage/objectStore.js';
import { readEnvironment } from './environment.js';
import { parseEvent } from './event.js';
import type { LambdaContext } from './lambdaContext.js';
import { createLogger } from './logger.js';

/** What the state machine sends: a rank, or without one the whole group of a failed run, is given up. */
const givenUpSchema = z.object({
  runId: z.string().min(1),
  bucket: z.string().min(1),
  resultPrefix: z.string().min(1),
  rank: z.int().min(0).optional(),
  attempts: z.int().min(1).optional(),
  error: z.string(),
  cause: z.string(),
});

/** What whoever stopped a run sends. */
const stopSchema = z.object({
  stop: z.object({
    runId: z.string().min(1),
    bucket: z.string().min(1),
    resultPrefix: z.string().min(1),
    cause: z.string(),
  }),
});

/**
 * What EventBridge sends when an execution was stopped, by whomever.
 * Source: AWS Step Functions Developer Guide, "Automating Step Functions event delivery with EventBridge"
 */
const statusChangeSchema = z.object({
  source: z.literal('aws.states'),
  detail: z.object({
    name: z.string().min(1),
    status: z.enum(['ABORTED', 'TIMED_OUT']),
    /** Epoch milliseconds. */
    startDate: z.number(),
    /** The payload; null when it was too long for an event. */
    input: z.string().nullable(),
    cause: z.string().nullish(),
  }),
});

const eventSchema = z.union([stopSchema, statusChangeSchema, givenUpSchema]);

const s3 = createS3Client();
const logger = createLogger('release');

/** Records that a rank was given up or that the run was stopped, and frees those who wait. */
export async function handler(
  event: unknown,
  context: LambdaContext,
): Promise<{ error: string; cause: string } | StopOutcome> {
  const startedAtMs = Date.now();
  const request = parseEvent(eventSchema, event);
  const surroundings: ReleaseSurroundings = {
    store: new ObjectStore(s3),
    logger,
  };
  if ('stop' in request) {
    const { resultPrefix, ...run } = request.stop;
    return stopRun({ ...run, prefixes: [resultPrefix] }, surroundings);
  }
  if ('detail' in request) return stopByStatus(request.detail, surroundings);
  const invocation = {
    functionName: context.functionName,
    requestId: context.awsRequestId,
    memoryMb: readEnvironment().AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    startedAtMs,
  };
  return releaseRank(request, { ...surroundings, invocation });
}

async function stopByStatus(
  { name, status, startDate, input, cause }: z.infer<typeof statusChangeSchema>['detail'],
  surroundings: ReleaseSurroundings,
): Promise<StopOutcome> {
  if (input === null) {
    logger.warn('The payload was too long for the event, so the executors of this run cannot be told.', { name });
    return { resultPrefix: undefined };
  }
  const payload = validPayload(input);
  if (!payload) return { resultPrefix: undefined };
  const prefixes = possiblePrefixes(payload.result_path, { runId: name, createdAtMs: startDate });
  const request = { runId: name, bucket: payload.bucket, prefixes, cause: cause || `the execution is ${status}` };
  return stopRun(request, surroundings);
}

/** Undefined for one that Initialize refuses too, so that nothing was planned. */
function validPayload(input: string): Payload | undefined {
  try {
    return parsePayload(JSON.parse(input));
  } catch (error) {
    if (error instanceof PayloadError) return undefined;
    throw error;
  }
}
