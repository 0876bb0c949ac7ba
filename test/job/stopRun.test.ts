import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { possiblePrefixes } from '../../job/claim.js';
import { stopRun } from '../../job/stopRun.js';
import { startRendezvous } from '../../rendezvous/server.js';
import { planKey, rendezvousKey, stoppedKey } from '../../run/keys.js';
import { stoppedSchema } from '../../run/stopped.js';
import { type EmbeddedS3, startEmbeddedS3 } from '../embeddedS3.js';
import { sampleMeeting, samplePlan } from './samplePlan.js';

let s3: EmbeddedS3;
beforeAll(async () => {
  s3 = await startEmbeddedS3();
});
afterAll(() => s3.close());

const logger = { warn: () => undefined };
const withoutRendezvous = () => ({ store: s3.store(), logger });

describe('stopRun', () => {
  it('marks the prefix that the run holds, among those that it may hold', async () => {
    const prefixes = possiblePrefixes('results/nightly', { runId: 'mine', createdAtMs: 17 });
    for (const [index, runId] of ['other', 'mine'].entries()) {
      await s3.store().putJson(s3.bucket, planKey(prefixes[index]), samplePlan(s3.bucket, { runId }));
    }
    const outcome = await stopRun(
      { runId: 'mine', bucket: s3.bucket, prefixes, cause: 'by hand' },
      withoutRendezvous(),
    );
    expect(outcome).toEqual({ resultPrefix: 'results/nightly/mine' });
    const stopped = await s3.store().getJson(s3.bucket, stoppedKey('results/nightly/mine'), stoppedSchema);
    expect(stopped).toMatchObject({ runId: 'mine', cause: 'by hand' });
    expect(await s3.store().head(s3.bucket, stoppedKey('results/nightly'))).toBeUndefined();
  });

  it('leaves nothing where nothing was planned', async () => {
    const surroundings = withoutRendezvous();
    const request = { runId: 'early', bucket: s3.bucket, prefixes: ['results/early'], cause: 'by hand' };
    expect(await stopRun(request, surroundings)).toEqual({ resultPrefix: undefined });
    expect(surroundings.store.calls.counts.put).toBe(0);
  });

  it('releases the group at the rendezvous', async () => {
    const secret = 'a secret of sixteen bytes or more';
    const released: string[] = [];
    const server = await startRendezvous({ host: '127.0.0.1', port: 0, secret });
    try {
      const collectives = { channel: 'relay', reason: 'test' } as const;
      const plan = samplePlan(s3.bucket, { runId: 'met', resultPrefix: 'results/met', collectives });
      const meeting = sampleMeeting('met', { url: server.url, secret });
      await s3.store().putJson(s3.bucket, rendezvousKey('results/met'), meeting);
      await s3.store().putJson(s3.bucket, planKey('results/met'), plan);
      await stopRun(
        { runId: 'met', bucket: s3.bucket, prefixes: ['results/met'], cause: 'by hand' },
        {
          store: s3.store(),
          logger: { warn: (message: string) => released.push(message) },
        },
      );
    } finally {
      await server.close();
    }
    expect(released).toEqual([]);
    expect(await s3.store().head(s3.bucket, rendezvousKey('results/met'))).toBeUndefined();
  });
});
