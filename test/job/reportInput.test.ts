import { CloudWatchLogsClient, ResourceNotFoundException, StartQueryCommand } from '@aws-sdk/client-cloudwatch-logs';
import { mockClient } from 'aws-sdk-client-mock';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { parseSummary } from '../../cli/report/parseSummary.js';
import { tensorContent, writeSafetensors } from '../../data/index.js';
import { aggregateRun } from '../../job/aggregateRun.js';
import { readReportInput } from '../../job/reportInput.js';
import { renderReport } from '../../report/renderReport.js';
import { reportKey, summaryKey } from '../../run/keys.js';
import { type EmbeddedS3, startEmbeddedS3 } from '../embeddedS3.js';
import { readSmallSurvey } from '../models/smallSurvey.js';
import { attemptRank, planRun } from '../rank/oneRank.js';

let s3: EmbeddedS3;
const logs = mockClient(CloudWatchLogsClient);

beforeAll(async () => {
  s3 = await startEmbeddedS3();
  logs.on(StartQueryCommand).rejects(new ResourceNotFoundException({ message: 'no such group', $metadata: {} }));
});
afterAll(() => s3.close());

describe('readReportInput', () => {
  it('gives the very page again that the run left', async () => {
    const { image, magnitude, redshift } = await readSmallSurvey({ shared: false });
    const arrays = Object.entries({ image, magnitude, redshift }).map(([name, tensor]) => tensorContent(name, tensor));
    const pieces: Uint8Array[] = [];
    for await (const piece of writeSafetensors(arrays).content) pieces.push(piece.slice());
    const store = s3.store();
    await store.put(s3.bucket, 'survey/1.safetensors', Buffer.concat(pieces));
    const plan = await planRun(s3, ['survey/1.safetensors'], { worldSize: 1, createdAtMs: Date.now() });
    await attemptRank(s3, plan, { rank: 0 });
    const { runId, bucket, resultPrefix } = plan;
    await aggregateRun(
      { runId, bucket, resultPrefix },
      {
        store,
        logs: new CloudWatchLogsClient({ region: 'us-east-1' }),
        invocation: { functionName: 'aggregate', requestId: 'aggregate', memoryMb: 1024, startedAtMs: Date.now() },
        region: 'us-east-1',
        architecture: 'x86_64',
        ephemeralStorageMb: 512,
        reportTimeoutMs: 0,
        versions: { muster: '1.2.3', onnxruntime: '4.5.6' },
      },
    );
    const left = new TextDecoder().decode(await store.getBytes(bucket, reportKey(resultPrefix)));
    const document = await store.getJson(bucket, summaryKey(resultPrefix), z.unknown());
    const input = await readReportInput(store, plan, parseSummary('summary.json', document));
    expect(renderReport(input)).toBe(left);
    expect(input.pairs?.truth.length).toBe(200);
    expect(input.summary.rows[0].s3).toMatchObject({ requests: expect.any(Number) });
    expect(input.summary.rows[0].s3?.requests).toBeGreaterThan(3);
    expect(input.versions).toMatchObject({
      muster: '1.2.3',
      onnxruntime: '4.5.6',
      executor: `${plan.executorFunction}:${plan.executorQualifier}`,
      model: expect.stringContaining(plan.model?.key ?? 'no model'),
    });
  });
});
