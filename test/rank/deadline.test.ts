import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isRetryable, RankDeadlineError } from '../../rank/errors.js';
import { untilAborted } from '../../rank/untilAborted.js';
import { type RendezvousServer, startRendezvous } from '../../rendezvous/server.js';
import { metricsKey } from '../../run/keys.js';
import { type EmbeddedS3, startEmbeddedS3 } from '../embeddedS3.js';
import { attemptRank, planRun } from './oneRank.js';

const secret = 'a secret for tests, long enough';
let s3: EmbeddedS3;
let rendezvous: RendezvousServer;
beforeAll(async () => {
  s3 = await startEmbeddedS3();
  rendezvous = await startRendezvous({ host: '127.0.0.1', port: 0, secret });
});
afterAll(async () => {
  await rendezvous.close();
  await s3.close();
});

async function planScript(source: string, overrides: object = {}, payload: object = {}) {
  const prefix = `scripts/${Math.random().toString(36).slice(2)}`;
  await s3.store().put(s3.bucket, `${prefix}/main.mjs`, source);
  const script = { kind: 'module', prefix, key: `${prefix}/main.mjs` } as const;
  return planRun(s3, [], { script, ...overrides }, { S3_object_name: prefix, ...payload });
}

describe('the deadline of an attempt', () => {
  it('ends a script that does not listen, and what it writes later is dropped', async () => {
    const plan = await planScript(`export default async (ctx) => {
      await new Promise((resolve) => ctx.signal.addEventListener('abort', resolve));
      globalThis.lateWrite = ctx.saveResult('late.json', {}).catch((error) => error);
      await new Promise(() => {});
    }`);
    const failed = await attemptRank(s3, plan, {}, { timeoutMs: 1_500 }).catch((error: unknown) => error);
    expect(failed).toBeInstanceOf(RankDeadlineError);
    expect(isRetryable(failed)).toBe(true);
    expect(await Reflect.get(globalThis, 'lateWrite')).toBe(failed);
    expect(await s3.store().head(s3.bucket, metricsKey(plan.resultPrefix, 0))).toBeUndefined();
  });

  it('is what ended a script, whatever the script makes of it', async () => {
    const plan = await planScript(
      `export default async (ctx) => {
        await new Promise((_, reject) => ctx.signal.addEventListener('abort', () => reject(new TypeError('odd'))));
      }`,
      { deadlineAtMs: Date.now() + 500 },
    );
    const failed = await attemptRank(s3, plan).catch((error: unknown) => error);
    expect(failed).toBeInstanceOf(RankDeadlineError);
    expect(failed).toMatchObject({ retryable: false });
  });

  it('leaves half of the time for the work when the others do not come to the barrier', async () => {
    const plan = await planScript(
      `export default async (ctx) => ctx.saveResult('left.json', { leftMs: ctx.deadline.getTime() - Date.now() })`,
      { worldSize: 2, collectives: { channel: 'relay', reason: 'test' } },
      { barrier: true },
    );
    const access = { url: rendezvous.url, secret };
    const { muster } = await attemptRank(s3, plan, {}, { rendezvous: access, timeoutMs: 3_000 });
    expect(muster.collective).toMatchObject({ status: 'failed', cause: expect.stringMatching(/^BarrierMissedError/) });
    const left = await s3.store().getBytes(s3.bucket, muster.outputs[0]);
    expect(JSON.parse(new TextDecoder().decode(left)).leftMs).toBeGreaterThan(1_000);
  });
});

describe('untilAborted', () => {
  it('does not begin after the abort', async () => {
    const reason = new Error('too late');
    let begun = false;
    const work = async () => {
      begun = true;
    };
    await expect(untilAborted(AbortSignal.abort(reason), work)).rejects.toBe(reason);
    expect(begun).toBe(false);
  });

  it('gives what the work gives, and its failure', async () => {
    const { signal } = new AbortController();
    expect(await untilAborted(signal, async () => 7)).toBe(7);
    await expect(untilAborted(signal, () => Promise.reject(new Error('own')))).rejects.toThrow('own');
  });
});
