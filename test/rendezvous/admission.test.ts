import { once } from 'node:events';
import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { closeCodes, frameKinds } from '../../rendezvous/protocol.js';
import { type RendezvousServer, startRendezvous } from '../../rendezvous/server.js';
import { signToken } from '../../rendezvous/token.js';
import { bearer, memberToken, RawMember, refusedJoin, releaseToken, secret } from './rawMember.js';

let server: RendezvousServer;
beforeEach(async () => {
  server = await startRendezvous({ host: '127.0.0.1', port: 0, secret, limits: { maxWorldSize: 100 } });
});
afterEach(() => server.close());

async function membersAndGroups(): Promise<unknown> {
  return (await fetch(`${server.url.replace('ws', 'http')}/healthz`)).json();
}

describe('admission', () => {
  const expired = () => memberToken({ expiresAtMs: Date.now() - 1 });
  const foreign = () =>
    signToken('another secret for tests', {
      purpose: 'member',
      runId: 'run-1',
      rank: 0,
      worldSize: 2,
      generation: 0,
      expiresAtMs: Date.now() + 60_000,
    });

  it.each([
    ['no token', () => ({}), 401, 'TOKEN_MISSING'],
    ['nonsense', () => bearer('nonsense'), 401, 'TOKEN_MALFORMED'],
    ['a forged token', () => bearer(foreign()), 401, 'TOKEN_SIGNATURE'],
    ['an expired token', () => bearer(expired()), 401, 'TOKEN_EXPIRED'],
    ['a token that releases', () => bearer(releaseToken()), 403, 'WRONG_PURPOSE'],
    ['a world above the limit', () => bearer(memberToken({ worldSize: 101 })), 403, 'WORLD_TOO_LARGE'],
  ])('refuses %s and keeps nothing of it', async (_name, headers, status, reason) => {
    expect(await refusedJoin(server.url, headers())).toMatchObject({ status, body: { reason } });
    expect(await membersAndGroups()).toEqual({ status: 'ok', groups: 0, members: 0 });
  });

  it('refuses a WebSocket at another path', async () => {
    expect(await refusedJoin(server.url, bearer(memberToken()), '/other')).toMatchObject({ status: 404 });
  });

  it('refuses the same rank and generation twice, and another world size', async () => {
    await RawMember.join(server.url, memberToken());
    expect(await refusedJoin(server.url, bearer(memberToken()))).toMatchObject({
      status: 409,
      body: { reason: 'DUPLICATE_RANK' },
    });
    expect(await refusedJoin(server.url, bearer(memberToken({ rank: 1, worldSize: 3 })))).toMatchObject({
      status: 409,
      body: { reason: 'WORLD_SIZE_MISMATCH' },
    });
    expect(await membersAndGroups()).toEqual({ status: 'ok', groups: 1, members: 1 });
  });

  it('lets a newer generation take the place of an older one while the group forms', async () => {
    const older = await RawMember.join(server.url, memberToken());
    const newer = await RawMember.join(server.url, memberToken({ generation: 1 }));
    expect(await older.closed).toEqual({ code: closeCodes.fenced, reason: 'generation 1 has taken its place' });
    expect(await refusedJoin(server.url, bearer(memberToken()))).toMatchObject({
      status: 409,
      body: { reason: 'STALE_GENERATION' },
    });
    const other = await RawMember.join(server.url, memberToken({ rank: 1 }));
    await Promise.all([newer.next(frameKinds.formed), other.next(frameKinds.formed)]);
  });

  it('fences an older generation off a complete group, and tells the survivor and the newcomer', async () => {
    const older = await RawMember.join(server.url, memberToken());
    const survivor = await RawMember.join(server.url, memberToken({ rank: 1 }));
    await survivor.next(frameKinds.formed);
    const refused = await refusedJoin(server.url, bearer(memberToken({ generation: 1 })));
    expect(refused).toMatchObject({ status: 409, body: { reason: 'GROUP_BROKEN' } });
    expect(refused.body.gone).toMatchObject([{ rank: 0, generation: 0, how: 'lost' }]);
    expect((await older.closed).code).toBe(closeCodes.fenced);
    const gone = JSON.parse(Buffer.from((await survivor.next(frameKinds.gone)).payload).toString());
    expect(gone).toMatchObject([
      { rank: 0, generation: 0, how: 'lost', cause: expect.stringContaining('generation 1') },
    ]);
  });

  it('keeps groups of different runs apart', async () => {
    const first = await RawMember.join(server.url, memberToken({ runId: 'a' }));
    await RawMember.join(server.url, memberToken({ runId: 'b', rank: 1 }));
    expect(await membersAndGroups()).toEqual({ status: 'ok', groups: 2, members: 2 });
    first.send({ kind: frameKinds.rollCall, communicator: 0xffff_ffff });
    const roll = await first.next(frameKinds.roll);
    expect(JSON.parse(Buffer.from(roll.payload).toString())).toEqual({ missing: [[1, 1]] });
  });
});

describe('limits', () => {
  it('refuses groups and members beyond them', async () => {
    await server.close();
    server = await startRendezvous({ host: '127.0.0.1', port: 0, secret, limits: { maxGroups: 2, maxMembers: 3 } });
    await RawMember.join(server.url, memberToken({ runId: 'a' }));
    await RawMember.join(server.url, memberToken({ runId: 'b' }));
    expect(await refusedJoin(server.url, bearer(memberToken({ runId: 'c' })))).toMatchObject({ status: 503 });
    await RawMember.join(server.url, memberToken({ runId: 'b', rank: 1 }));
    expect(await refusedJoin(server.url, bearer(memberToken({ runId: 'a', rank: 1 })))).toMatchObject({
      status: 503,
      body: { reason: 'SERVER_FULL' },
    });
  });

  it('forgets the group that has been empty for longest when it needs the place', async () => {
    await server.close();
    server = await startRendezvous({ host: '127.0.0.1', port: 0, secret, limits: { maxGroups: 1 } });
    const gone = await RawMember.join(server.url, memberToken({ runId: 'a', worldSize: 5 }));
    gone.socket.close();
    await gone.closed;
    await RawMember.join(server.url, memberToken({ runId: 'b' }));
    expect(await refusedJoin(server.url, bearer(memberToken({ runId: 'a' })))).toMatchObject({ status: 503 });
  });

  it('refuses connections above the rate of one address', async () => {
    await server.close();
    server = await startRendezvous({ host: '127.0.0.1', port: 0, secret, limits: { connectionsPerSecond: 1 } });
    const answers = [];
    for (let attempt = 0; attempt < 8; attempt++) answers.push((await refusedJoin(server.url, {})).status);
    expect(answers.filter((status) => status === 401).length).toBeGreaterThanOrEqual(5);
    expect(answers.at(-1)).toBe(429);
  });

  it('closes connections that never ask for admission', async () => {
    await server.close();
    server = await startRendezvous({ host: '127.0.0.1', port: 0, secret, limits: { handshakeTimeoutMs: 50 } });
    const half = connect(Number(new URL(server.url).port), '127.0.0.1');
    half.resume();
    half.write('GET /v1/join HTTP/1.1\r\n');
    await once(half, 'close');
  });

  it('names every limit that is wrong', async () => {
    const limits = { maxGroups: 0, maxMembers: 1.5 };
    await expect(startRendezvous({ host: '127.0.0.1', port: 0, secret: 'short', limits })).rejects.toThrow(/16/);
    await expect(startRendezvous({ host: '127.0.0.1', port: 0, secret, limits })).rejects.toThrow(
      /limits.maxGroups.*limits.maxMembers/,
    );
  });

  it('says when its port is taken', async () => {
    const port = Number(new URL(server.url).port);
    await expect(startRendezvous({ host: '127.0.0.1', port, secret })).rejects.toThrow(/cannot be listened on/);
  });
});
