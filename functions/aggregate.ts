import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { z } from 'zod';
import { aggregateRun } from '../job/aggregateRun.js';
import { collectReports } from '../job/collectReports.js';
import packageJson from '../package.json' with { type: 'json' };
import type { Bill } from '../run/bill.js';
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
  /** What the execution gives out, for a later look for REPORT lines; without it the results are brought together. */
  outcome: z.object({ summary: z.string(), samples: z.number() }).optional(),
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
  /** REPORT lines that the bill was made of, and those that must exist. */
  readonly reportLines: Bill['reportLines'];
  /** When to look for the missing ones, ISO 8601; null: no more. */
  readonly lookAgainAt: string | null;
}

/** After the ranks: combines what they wrote into one summary, one bill and one report; then completes the bill. */
export async function handler(event: unknown, context: LambdaContext): Promise<RunOutput> {
  const startedAtMs = Date.now();
  const environment = readEnvironment();
  const { outcome, ...place } = parseEvent(eventSchema, event);
  const surroundings = {
    store: new ObjectStore(s3),
    logs,
    invocation: {
      functionName: context.functionName,
      requestId: context.awsRequestId,
      memoryMb: environment.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
      startedAtMs,
    },
    reportTimeoutMs: environment.MUSTER_REPORT_TIMEOUT_MS,
  };
  if (outcome) {
    const { bill, lookAgainAt } = await collectReports(place, surroundings);
    const { totalUsd: usd, reportLines } = bill;
    return { ...place, ...outcome, usd, reportLines, lookAgainAt };
  }
  const { summary, lookAgainAt } = await aggregateRun(place, {
    ...surroundings,
    region: environment.AWS_REGION,
    architecture: lambdaArchitecture(),
    ephemeralStorageMb: environment.MUSTER_EPHEMERAL_STORAGE_MB,
    versions: {
      muster: packageJson.version,
      node: process.version,
      onnxruntime: packageJson.dependencies['onnxruntime-node'],
    },
  });
  const { samples, bill } = summary;
  const { totalUsd: usd, reportLines } = bill;
  return { ...place, summary: summaryKey(place.resultPrefix), samples, usd, reportLines, lookAgainAt };
}
