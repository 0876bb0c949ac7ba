import { once } from 'node:events';
import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { closeCodes, FORMATION, frameKinds, HEADER_BYTES, SERVER_RANK } from '../../rendezvous/protocol.js';
import { releaseGroup } from '../../rendezvous/release.js';
import { type RendezvousServer, startRendezvous } from '../../rendezvous/server.js';
import { ManualClock } from './manualClock.js';
import { bearer, memberToken, RawMember, refusedJoin, releaseToken, secret } from './rawMember.js';

let server: RendezvousServer;
beforeEach(async () => {
  server = await startRendezvous({ host: '127.0.0.1', port: 0, secret });
});
afterEach(() => server.close());

async function pair(): Promise<[RawMember, RawMember]> {
  const first = await RawMember.join(server.url, memberToken({ rank: 0 }));
  const second = await RawMember.join(server.url, memberToken({ rank: 1 }));
  await Promise.all([first.next(frameKinds.formed), second.next(frameKinds.formed)]);
  return [first, second];
}

async function json(member: RawMember, kind: typeof frameKinds.gone | typeof frameKinds.released): Promise<unknown> {
  return JSON.parse(Buffer.from((await member.next(kind)).payload).toString());
}

describe('relay', () => {
  it('passes a frame on as it stands', async () => {
    const [first, second] = await pair();
    const payload = Buffer.of(1, 2, 3);
    first.send({ kind: frameKinds.data, source: 0, destination: 1, tag: 7, communicator: 9, datatype: 3, payload });
    expect(await second.next(frameKinds.data)).toMatchObject({
      source: 0,
      tag: 7,
      communicator: 9,
      datatype: 3,
      payload,
    });
  });

  it.each([
    ['a frame in the name of another', { kind: frameKinds.data, source: 1, destination: 1 }],
    ['a frame to itself', { kind: frameKinds.data, source: 0, destination: 0 }],
    ['a frame out of the world', { kind: frameKinds.data, source: 0, destination: 2 }],
    ['a frame that only the server sends', { kind: frameKinds.formed, source: SERVER_RANK }],
  ])('closes on %s, and tells the other', async (_name, fields) => {
    const [first, second] = await pair();
    first.send(fields);
    expect((await first.closed).code).toBe(closeCodes.protocolBroken);
    expect(await json(second, frameKinds.gone)).toMatchObject([{ rank: 0, how: 'lost' }]);
  });

  it('closes on random bytes, on text, and on a frame above the limit', async () => {
    const inputs = [
      Buffer.from('these are not the bytes of a frame at all'),
      'text',
      Buffer.alloc(1_048_577 + HEADER_BYTES),
    ];
    for (const [rank, input] of inputs.entries()) {
      const member = await RawMember.join(server.url, memberToken({ rank, worldSize: 5 }));
      member.socket.send(input);
      expect((await member.closed).code).toBe(rank === 2 ? 1009 : closeCodes.protocolBroken);
    }
  });

  it('counts a barrier and answers who has not entered', async () => {
    const [first, second] = await pair();
    first.send({ kind: frameKinds.barrierEnter, communicator: 1, tag: 5 });
    first.send({ kind: frameKinds.rollCall, communicator: 1, tag: 5 });
    const roll = await first.next(frameKinds.roll);
    expect(JSON.parse(Buffer.from(roll.payload).toString())).toEqual({ missing: [[1, 1]] });
    second.send({ kind: frameKinds.barrierEnter, communicator: 1, tag: 5 });
    const done = await Promise.all([first.next(frameKinds.barrierDone), second.next(frameKinds.barrierDone)]);
    expect(done).toMatchObject([
      { communicator: 1, tag: 5 },
      { communicator: 1, tag: 5 },
    ]);
  });

  it('closes a member that enters a barrier twice', async () => {
    const [first] = await pair();
    first.send({ kind: frameKinds.barrierEnter, communicator: 1, tag: 5 });
    first.send({ kind: frameKinds.barrierEnter, communicator: 1, tag: 5 });
    expect((await first.closed).reason).toMatch(/same barrier twice/);
  });
});

describe('departure', () => {
  it('tells survivors when a socket drops and is not replaced', async () => {
    const [first, second] = await pair();
    first.socket.terminate();
    expect(await json(second, frameKinds.gone)).toMatchObject([{ rank: 0, generation: 0, how: 'lost' }]);
  });

  it('does not take a leave for a loss', async () => {
    const [first, second] = await pair();
    first.send({ kind: frameKinds.leave });
    first.socket.close();
    expect(await json(second, frameKinds.gone)).toMatchObject([{ rank: 0, how: 'left' }]);
  });

  it('forgives a drop while the group forms', async () => {
    const first = await RawMember.join(server.url, memberToken({ rank: 0 }));
    first.socket.terminate();
    await first.closed;
    await pair();
  });
});

describe('time', () => {
  let clock: ManualClock;
  beforeEach(async () => {
    await server.close();
    clock = new ManualClock(Date.now());
    const limits = {
      heartbeatIntervalMs: 1000,
      heartbeatMisses: 3,
      rejoinGraceMs: 0,
      idleTimeoutMs: 60_000,
      groupGraceMs: 5000,
    };
    server = await startRendezvous({ host: '127.0.0.1', port: 0, secret, clock, limits });
  });

  it('sends heartbeats and gives up a member that gives no sign of life', async () => {
    const [first, second] = await pair();
    clock.advance(1000);
    await first.next(frameKinds.heartbeat);
    // Each roll call that is answered is a sign of life; the one of the second member is the last of all.
    first.mute = true;
    for (const member of [first, second]) {
      member.send({ kind: frameKinds.rollCall, communicator: FORMATION });
      await member.next(frameKinds.roll);
    }
    clock.advance(3000);
    second.send({ kind: frameKinds.rollCall, communicator: FORMATION });
    await second.next(frameKinds.roll);
    clock.advance(1000);
    expect((await first.closed).code).toBe(closeCodes.silent);
    // The notice waits for the next turn of the server's clock.
    while (!second.frames.some(({ kind }) => kind === frameKinds.gone)) {
      clock.advance(1);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(await json(second, frameKinds.gone)).toMatchObject([{ rank: 0, cause: 'no sign of life for 3000 ms' }]);
  });

  it('closes a member that sends nothing but heartbeats for too long', async () => {
    await server.close();
    const limits = { heartbeatMisses: 1000, idleTimeoutMs: 60_000 };
    server = await startRendezvous({ host: '127.0.0.1', port: 0, secret, clock, limits });
    const member = await RawMember.join(server.url, memberToken());
    clock.advance(60_000);
    member.send({ kind: frameKinds.heartbeat });
    member.send({ kind: frameKinds.rollCall, communicator: FORMATION });
    await member.next(frameKinds.roll);
    clock.advance(60_000);
    member.send({ kind: frameKinds.heartbeat });
    clock.advance(1000);
    expect((await member.closed).code).toBe(closeCodes.idle);
  });

  it('forgets an empty group after the grace time', async () => {
    const [first, second] = await pair();
    for (const member of [first, second]) {
      member.send({ kind: frameKinds.leave });
      member.socket.close();
      await member.closed;
    }
    expect(await refusedJoin(server.url, bearer(memberToken({ generation: 1 })))).toMatchObject({ status: 409 });
    clock.advance(4000);
    expect(await refusedJoin(server.url, bearer(memberToken({ generation: 1 })))).toMatchObject({ status: 409 });
    clock.advance(2000);
    await RawMember.join(server.url, memberToken({ generation: 1, worldSize: 3 }));
  });
});

describe('release', () => {
  it('tells the members of the group, and whoever comes later', async () => {
    const [first, second] = await pair();
    const told = await releaseGroup({
      url: server.url,
      token: releaseToken(),
      runId: 'run-1',
      cause: 'the run failed',
    });
    expect(told).toBe(2);
    for (const member of [first, second]) {
      expect(await json(member, frameKinds.released)).toEqual({ cause: 'the run failed' });
      expect(await member.closed).toEqual({ code: closeCodes.released, reason: 'the run failed' });
    }
    expect(await refusedJoin(server.url, bearer(memberToken()))).toMatchObject({
      status: 410,
      body: { cause: 'the run failed' },
    });
  });

  it('cuts a long cause for the close frame and keeps it whole in the message', async () => {
    const [first] = await pair();
    const cause = `a${'ü'.repeat(200)}`;
    await releaseGroup({ url: server.url, token: releaseToken(), runId: 'run-1', cause });
    expect(await json(first, frameKinds.released)).toEqual({ cause });
    expect((await first.closed).reason).toBe(`a${'ü'.repeat(61)}`);
    await first.closed;
    await releaseGroup({ url: server.url, token: releaseToken('b'), runId: 'b', cause: cause.slice(1) });
  });

  it('gives up one rank: the others are told, it and later ones are refused', async () => {
    const first = await RawMember.join(server.url, memberToken({ rank: 0, worldSize: 3 }));
    await releaseGroup({ url: server.url, token: releaseToken(), runId: 'run-1', rank: 1, cause: 'out of attempts' });
    expect(await json(first, frameKinds.gone)).toEqual([
      { rank: 1, generation: null, how: 'released', cause: 'out of attempts' },
    ]);
    expect(await refusedJoin(server.url, bearer(memberToken({ rank: 1, worldSize: 3 })))).toMatchObject({
      status: 410,
    });
    expect(await refusedJoin(server.url, bearer(memberToken({ rank: 2, worldSize: 3 })))).toMatchObject({
      status: 409,
      body: { reason: 'GROUP_BROKEN', gone: [{ rank: 1 }] },
    });
  });

  it('is remembered for a run that nobody has joined yet', async () => {
    await releaseGroup({ url: server.url, token: releaseToken(), runId: 'run-1', rank: 1, cause: 'never started' });
    expect(await refusedJoin(server.url, bearer(memberToken()))).toMatchObject({
      body: { reason: 'GROUP_BROKEN', gone: [{ rank: 1, cause: 'never started' }] },
    });
  });

  it('works for a run whose name needs escaping', async () => {
    const runId = 'run (1) / ü?';
    await releaseGroup({ url: server.url, token: releaseToken(runId), runId, cause: 'over' });
    expect(await refusedJoin(server.url, bearer(memberToken({ runId })))).toMatchObject({ status: 410 });
  });

  it.each([
    ['a member token', () => memberToken(), { cause: 'x' }, 403],
    ['a token of another run', () => releaseToken('run-2'), { cause: 'x' }, 403],
    ['no token at all', () => 'none', { cause: 'x' }, 401],
    ['no cause', () => releaseToken(), {}, 400],
    ['an unknown field', () => releaseToken(), { cause: 'x', ranks: [1] }, 400],
    ['a body that is too long', () => releaseToken(), { cause: 'x'.repeat(20_000) }, 400],
  ])('is refused with %s', async (_name, token, body, status) => {
    const response = await fetch(`${server.url.replace('ws', 'http')}/groups/run-1/release`, {
      method: 'POST',
      headers: bearer(token()),
      body: JSON.stringify(body),
    });
    expect(response.status).toBe(status);
  });

  it('says what went wrong', async () => {
    const url = server.url;
    await expect(releaseGroup({ url, token: memberToken(), runId: 'run-1', cause: 'x' })).rejects.toMatchObject({
      code: 'RELEASE_FAILED',
      retryable: false,
    });
    await server.close();
    await expect(releaseGroup({ url, token: releaseToken(), runId: 'run-1', cause: 'x' })).rejects.toMatchObject({
      code: 'RELEASE_FAILED',
      retryable: true,
    });
  });
});

describe('HTTP', () => {
  it('serves metrics in the form of Prometheus', async () => {
    const [first, second] = await pair();
    first.send({ kind: frameKinds.data, source: 0, destination: 1, payload: new Uint8Array(68) });
    await second.next(frameKinds.data);
    await refusedJoin(server.url, {});
    const text = await (await fetch(`${server.url.replace('ws', 'http')}/metrics`)).text();
    for (const line of [
      'muster_rendezvous_groups 1',
      'muster_rendezvous_members 2',
      'muster_rendezvous_relayed_frames_total 1',
      'muster_rendezvous_relayed_bytes_total 100',
      'muster_rendezvous_refused_total{status="401",reason="TOKEN_MISSING"} 1',
    ]) {
      expect(text.split('\n')).toContain(line);
    }
  });

  it('survives requests that are not what they should be', async () => {
    const upgrade = 'Connection: Upgrade\r\nUpgrade: websocket\r\n';
    const requests = [
      `GET //[ HTTP/1.1\r\nHost: x\r\n${upgrade}\r\n`,
      'GET //[ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n',
      'POST /groups/%E0%A4%A/release HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 0\r\n\r\n',
      `GET /v1/join HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${memberToken()}\r\n${upgrade}\r\n`,
      '\0\x01\x02 nonsense\r\n\r\n',
    ];
    for (const request of requests) {
      const socket = connect(Number(new URL(server.url).port), '127.0.0.1').resume();
      socket.write(request);
      await once(socket, 'close');
    }
    const health = await fetch(`${server.url.replace('ws', 'http')}/healthz`);
    expect(await health.json()).toEqual({ status: 'ok', groups: 0, members: 0 });
  });

  it('answers 404 elsewhere', async () => {
    expect((await fetch(`${server.url.replace('ws', 'http')}/other`)).status).toBe(404);
  });
});

it('tells its members when it stops', async () => {
  const [first, second] = await pair();
  await server.close();
  expect(await Promise.all([first.closed, second.closed])).toMatchObject([{ code: 1001 }, { code: 1001 }]);
});
