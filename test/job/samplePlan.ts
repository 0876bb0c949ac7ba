import { runKeyOf } from '../../rendezvous/token.js';
import type { Meeting } from '../../run/meeting.js';
import { parsePayload } from '../../run/parsePayload.js';
import type { PayloadInput } from '../../run/payload.js';
import type { Plan } from '../../run/plan.js';

/** A plan as Initialize would write it, for tests of what comes after. */
export function samplePlan(bucket: string, overrides: Partial<Plan> = {}, payload: Partial<PayloadInput> = {}): Plan {
  const parsed = parsePayload({
    bucket,
    S3_object_name: 'models/redshift',
    data_prefix: 'survey',
    result_path: 'results/one',
    ...payload,
  });
  return {
    version: 1,
    runId: 'run-1',
    createdAtMs: 1_700_000_000_000,
    deadlineAtMs: null,
    bucket,
    resultPrefix: parsed.result_path,
    dataBucket: bucket,
    executorFunction: 'muster-dev-executor',
    executorQualifier: '$LATEST',
    executorMemoryMb: 1769,
    initialize: {
      functionName: 'muster-dev-initialize',
      requestId: 'initialize-request',
      memoryMb: 1024,
      startedAtMs: 1_700_000_000_100,
      endedAtMs: 1_700_000_000_400,
      requests: { get: 1, put: 2, list: 1, head: 0 },
    },
    worldSize: 2,
    partitionCount: 2,
    totalBytes: 200,
    model: { key: 'models/redshift/redshift.onnx', size: 10, etag: '"model"' },
    script: { kind: 'inference' },
    collectives: { channel: 'none', reason: 'the payload asks for none' },
    maxConcurrency: 2,
    payload: parsed,
    ...overrides,
  };
}

/** What the state before the ranks leaves for a run that meets at a server which runs anyway. */
export function sampleMeeting(runId: string, { url, secret }: { url: string; secret: string }): Meeting {
  const coordinator = {
    ...samplePlan('bucket').initialize,
    functionName: 'muster-dev-rendezvous',
    requestId: 'meeting',
  };
  return { runId, coordinator, place: { url, key: runKeyOf(secret, runId), host: null } };
}
