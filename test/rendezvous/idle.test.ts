import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { announceRun } from '../../rendezvous/announce.js';
import { type RendezvousServer, startRendezvous } from '../../rendezvous/server.js';
import { signToken } from '../../rendezvous/token.js';
import { ManualClock } from './manualClock.js';
import { bearer, memberToken, RawMember, refusedJoin, secret } from './rawMember.js';

const stopWhenIdleMs = 60_000;
let clock: ManualClock;
let server: RendezvousServer;
let isIdle: boolean;
beforeEach(async () => {
  clock = new ManualClock(Date.now());
  // A member here never answers heartbeats, and must not be lost for it while the clock leaps.
  const limits = { heartbeatMisses: 1_000_000, idleTimeoutMs: 1_000_000_000 };
  server = await startRendezvous({ host: '127.0.0.1', port: 0, secret, clock, limits, stopWhenIdleMs });
  isIdle = false;
  void server.idle.then(() => {
    isIdle = true;
  });
});
afterEach(() => server.close());

/** Lets time pass, and what it causes come through. */
async function pass(ms: number): Promise<void> {
  clock.advance(ms);
  await Promise.resolve();
}

const token = (runId: string, purpose: 'announce' | 'release' = 'announce') =>
  signToken(secret, { purpose, runId, expiresAtMs: clock.nowMs() + 1e9 });
const announce = (runId = 'run-1') => announceRun({ url: server.url, token: token(runId), runId, timeoutMs: 2000 });

describe('a server that stops when it is idle', () => {
  it('is idle when nobody came for that long, and from then on begins no group', async () => {
    await pass(stopWhenIdleMs - 1000);
    expect(isIdle).toBe(false);
    await pass(2000);
    expect(isIdle).toBe(true);
    expect(await refusedJoin(server.url, bearer(memberToken({ expiresAtMs: clock.nowMs() + 1e9 })))).toMatchObject({
      status: 503,
      body: { reason: 'DRAINING' },
    });
    await expect(announce()).rejects.toMatchObject({ code: 'ANNOUNCEMENT_FAILED', retryable: true });
  });

  it('is never idle while a member is there, however long it is silent', async () => {
    const member = await RawMember.join(server.url, memberToken({ expiresAtMs: clock.nowMs() + 1e9 }));
    await pass(10 * stopWhenIdleMs);
    expect(isIdle).toBe(false);
    member.socket.terminate();
    await member.closed;
    // The server sees the end of the socket, waits out the time to replace it, and only then begins to count.
    while (!isIdle) {
      await new Promise((resolve) => setImmediate(resolve));
      await pass(1000);
    }
    expect(isIdle).toBe(true);
  });

  it('waits its whole idle time again for a run that was announced', async () => {
    await pass(stopWhenIdleMs - 1000);
    await announce();
    await pass(stopWhenIdleMs - 1000);
    expect(isIdle).toBe(false);
    await pass(2000);
    expect(isIdle).toBe(true);
  });

  it('is not kept awake by those who only look', async () => {
    await pass(stopWhenIdleMs - 1000);
    expect((await fetch(server.url.replace(/^ws/, 'http').concat('/healthz'))).status).toBe(200);
    const refused = announceRun({
      url: server.url,
      token: token('run-1', 'release'),
      runId: 'run-1',
      timeoutMs: 2000,
    });
    await expect(refused).rejects.toMatchObject({ message: /WRONG_PURPOSE/, retryable: false });
    const forOther = announceRun({ url: server.url, token: token('run-2'), runId: 'run-1', timeoutMs: 2000 });
    await expect(forOther).rejects.toMatchObject({ message: /WRONG_PURPOSE/, retryable: false });
    await pass(2000);
    expect(isIdle).toBe(true);
  });
});

describe('a server without an idle time', () => {
  it('stays', async () => {
    const lasting = await startRendezvous({ host: '127.0.0.1', port: 0, secret, clock });
    try {
      await pass(1e7);
      const announced = announceRun({ url: lasting.url, token: token('run-1'), runId: 'run-1', timeoutMs: 2000 });
      await expect(announced).resolves.toBeUndefined();
    } finally {
      await lasting.close();
    }
  });
});

describe('an announcement', () => {
  it('says when nothing answers', async () => {
    const nowhere = announceRun({ url: 'ws://127.0.0.1:9', token: token('run-1'), runId: 'run-1', timeoutMs: 2000 });
    await expect(nowhere).rejects.toMatchObject({
      code: 'ANNOUNCEMENT_FAILED',
      retryable: true,
      message: /127\.0\.0\.1:9 did not answer/,
    });
  });
});
