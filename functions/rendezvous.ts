import { setTimeout as wait } from 'node:timers/promises';
import { EC2Client } from '@aws-sdk/client-ec2';
import { SSMClient } from '@aws-sdk/client-ssm';
import { z } from 'zod';
import { findMeetingPlace, type MeetingOutcome } from '../job/findMeetingPlace.js';
import { type MeetingPlaces, runningServer } from '../job/meetingPlaces.js';
import { RendezvousHost } from '../job/rendezvousHost.js';
import { createS3Client } from '../storage/clients.js';
import { ObjectStore } from '../storage/objectStore.js';
import { readEnvironment, readRendezvousEnvironment } from './environment.js';
import { parseEvent } from './event.js';
import type { LambdaContext } from './lambdaContext.js';
import { createLogger } from './logger.js';

const eventSchema = z.object({
  runId: z.string().min(1),
  bucket: z.string().min(1),
  resultPrefix: z.string().min(1),
});

/** What there must be left to write down what came of it. */
const writingMs = 10_000;

const s3 = createS3Client();
const ec2 = new EC2Client({});
const ssm = new SSMClient({});

/** Before the ranks of a run that needs a rendezvous: starts its host where it is stopped, and gives the run its key. */
export async function handler(event: unknown, context: LambdaContext): Promise<MeetingOutcome> {
  const startedAtMs = Date.now();
  const request = parseEvent(eventSchema, event);
  return findMeetingPlace(request, {
    store: new ObjectStore(s3),
    places: meetingPlaces(),
    invocation: {
      functionName: context.functionName,
      requestId: context.awsRequestId,
      memoryMb: readEnvironment().AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
      startedAtMs,
    },
    timeLeftMs: () => context.getRemainingTimeInMillis() - writingMs,
    wait,
    logger: createLogger('rendezvous', { runId: request.runId }),
  });
}

function meetingPlaces(): MeetingPlaces {
  const environment = readRendezvousEnvironment();
  if ('url' in environment) return runningServer(environment.url, environment.secret);
  return new RendezvousHost({ ec2, ssm, ...environment });
}
