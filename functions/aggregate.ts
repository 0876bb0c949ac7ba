import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { z } from 'zod';
import { aggregateRun } from '../job/aggregateRun.js';
import packageJson from '../package.json' with { type: 'json' };
import { summaryKey } from '../run/keys.js';
import { createS3Client } from '../storage/clients.js';
import { ObjectStore } from '../storage/objectStore.js';
import { lambdaArchitecture, readEnvironment } from './environment.js';
import { parseEvent } from './event.js';
import type { LambdaContext } from './lambdaContext.js';

const eventSchema = z.object({
  runId: z.string().min(1),
  bucket: z.string().min(1),
  resultPrefix: z.string().min(1),
});

const s3 = createS3Client();
const logs = new CloudWatchLogsClient({});

/** What the execution gives out. */
interface RunOutput {
  readonly runId: string;
  readonly bucket: string;
  readonly resultPrefix: string;
  /** Key of summary.json. */
  readonly summary: string;
  readonly samples: number;
  readonly usd: number;
}

/** Last state: combines what the ranks wrote into one summary, one bill and one report. */
export async function handler(event: unknown, context: LambdaContext): Promise<RunOutput> {
  const startedAtMs = Date.now();
  const environment = readEnvironment();
  const request = parseEvent(eventSchema, event);
  const summary = await aggregateRun(request, {
    store: new ObjectStore(s3),
    logs,
    invocation: {
      functionName: context.functionName,
      requestId: context.awsRequestId,
      memoryMb: environment.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
      startedAtMs,
    },
    region: environment.AWS_REGION,
    architecture: lambdaArchitecture(),
    ephemeralStorageMb: environment.MUSTER_EPHEMERAL_STORAGE_MB,
    reportTimeoutMs: environment.MUSTER_REPORT_TIMEOUT_MS,
    version: packageJson.version,
  });
  const { runId, bucket, resultPrefix } = request;
  return {
    runId,
    bucket,
    resultPrefix,
    summary: summaryKey(resultPrefix),
    samples: summary.samples,
    usd: summary.bill.totalUsd,
  };
}
