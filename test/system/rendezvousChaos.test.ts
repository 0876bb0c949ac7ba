import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect as connectTcp, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Communicator } from '../../collectives/communicator.js';
import { RelayChannel } from '../../collectives/relayChannel.js';
import { encodeFrame, frame, frameKinds } from '../../rendezvous/protocol.js';
import { signToken } from '../../rendezvous/token.js';
import { CuttableProxy } from '../rendezvous/cuttableProxy.js';
import { ForkedServer } from '../rendezvous/forkedServer.js';
import { bearer, memberToken, RawMember, refusedJoin } from '../rendezvous/rawMember.js';

const secret = 'a secret for tests only';
const megabyte = 1_048_576;
let server: ForkedServer;
let open: Communicator[] = [];
beforeEach(async () => {
  server = await ForkedServer.start();
});
afterEach(async () => {
  await Promise.all(open.map((communicator) => communicator.close()));
  open = [];
  await server.stop();
});

async function connect(
  runId: string,
  rank: number,
  worldSize: number,
  options: { url?: string; generation?: number } = {},
) {
  const { url = server.url, generation = 0 } = options;
  const member = { runId, rank, worldSize, generation };
  const token = signToken(secret, { purpose: 'member', ...member, expiresAtMs: Date.now() + 60_000 });
  const channel = await RelayChannel.connect({ ...member, url, token, timeoutMs: 10_000 });
  const communicator = new Communicator(channel, { runId, operationTimeoutMs: 15_000 });
  open.push(communicator);
  return communicator;
}

function world(runId: string, worldSize: number, url = server.url): Promise<Communicator[]> {
  return Promise.all(Array.from({ length: worldSize }, (_, rank) => connect(runId, rank, worldSize, { url })));
}

/** One allreduce of every rank, checked. */
async function checkedRound(members: readonly Communicator[], round: number, length = 1000): Promise<void> {
  const sums = await Promise.all(
    members.map((communicator) =>
      communicator.allreduce(new Float64Array(length).fill(communicator.rank + round), 'sum'),
    ),
  );
  const expected = (members.length * (members.length - 1)) / 2 + members.length * round;
  for (const sum of sums) expect(sum.every((element) => element === expected)).toBe(true);
}

it.each([
  ['is killed', 'SIGKILL', 3000],
  ['freezes', 'SIGSTOP', 6500],
] as const)(
  'every rank is told when the server %s in mid-run, and another one serves the next run',
  async (_, signal, limitMs) => {
    const members = await world('first', 4);
    await checkedRound(members, 0);
    const endless = members.map(async (communicator) => {
      for (;;) await communicator.allreduce(new Float64Array(10_000), 'sum');
    });
    const outcomes = Promise.allSettled(endless);
    const { port } = server;
    const startMs = performance.now();
    server.kill(signal);
    for (const outcome of await outcomes) expect(outcome).toMatchObject({ reason: { code: 'RENDEZVOUS_LOST' } });
    expect(performance.now() - startMs).toBeLessThan(limitMs);
    await server.stop();
    server = await ForkedServer.start({ port });
    await checkedRound(await world('first', 4), 1);
  },
);

it('collectives come out right while links are cut again and again', async () => {
  const proxies = await Promise.all([0, 1, 2].map(() => CuttableProxy.start(server.url)));
  const members = await Promise.all(
    [0, 1, 2, 3].map((rank) => connect('cut', rank, 4, { url: proxies[rank]?.url ?? server.url })),
  );
  for (let round = 0; round < 60; round++) {
    const rounds = checkedRound(members, round, 20_000);
    if (round % 4 === 0) proxies[(round / 4) % proxies.length]?.cut();
    await rounds;
  }
  expect(await server.metric('rejoined_total')).toBeGreaterThanOrEqual(10);
  expect(await server.metric('lost_total')).toBe(0);
  await Promise.all(proxies.map((proxy) => proxy.stop()));
});

it('hostile clients harm nobody but themselves', async () => {
  const members = await world('good', 3);
  const url = new URL(server.url);
  const rawSockets: Socket[] = [];
  const attacks = [
    // Bytes that are no HTTP.
    async () => {
      const socket = connectTcp(Number(url.port), url.hostname);
      socket.on('error', () => undefined);
      rawSockets.push(socket);
      socket.write(randomBytes(2000));
      await once(socket, 'close');
    },
    // Tokens with one character changed.
    async (attempt: number) => {
      const token = memberToken({ runId: 'good', rank: 0, worldSize: 3, generation: 1 });
      const place = (attempt * 7) % token.length;
      const forged = token.slice(0, place) + (token[place] === 'A' ? 'B' : 'A') + token.slice(place + 1);
      const refused = await refusedJoin(server.url, bearer(forged));
      expect(refused.status).toBe(401);
    },
    // A member of another run that sends random bytes.
    async (attempt: number) => {
      const member = await RawMember.join(server.url, memberToken({ runId: `hostile-${attempt}`, worldSize: 2 }));
      member.socket.send(randomBytes(500));
      expect((await member.closed).code).toBe(4003);
    },
    // One that speaks in another rank's name, and to a rank that its world does not have.
    async (attempt: number) => {
      const member = await RawMember.join(server.url, memberToken({ runId: `impostor-${attempt}`, worldSize: 2 }));
      const fields = attempt % 2 === 0 ? { source: 1, destination: 0 } : { source: 0, destination: 2 };
      member.send({ kind: frameKinds.data, ...fields, communicator: 1, payload: new Uint8Array(8) });
      expect((await member.closed).code).toBe(4003);
    },
    // A frame above the limit, and one that lies about its length.
    async (attempt: number) => {
      const member = await RawMember.join(server.url, memberToken({ runId: `oversized-${attempt}`, worldSize: 2 }));
      const payload = new Uint8Array(attempt % 2 === 0 ? 2 * megabyte : 100);
      const bytes = encodeFrame(frame({ kind: frameKinds.data, source: 0, destination: 1, payload }));
      bytes.writeUInt32LE(5, 4);
      member.socket.on('error', () => undefined);
      member.socket.send(bytes);
      expect([1009, 1006, 4003]).toContain((await member.closed).code);
    },
    // Who is a member already, and who comes too late.
    async () => {
      const twice = memberToken({ runId: 'good', rank: 1, worldSize: 3 });
      expect(await refusedJoin(server.url, bearer(twice))).toMatchObject({ body: { reason: 'DUPLICATE_RANK' } });
    },
  ];
  for (let round = 0; round < 20; round++) {
    await Promise.all([checkedRound(members, round), ...attacks.map((attack) => attack(round))]);
  }
  expect(await server.metric('lost_total')).toBe(0);
  expect(await server.metric('groups')).toBe(1);
  for (const socket of rawSockets) socket.destroy();
});

it('10,000 half-open connections shut nobody out, and cost little memory', { timeout: 40_000 }, async () => {
  await server.stop();
  server = await ForkedServer.start({ limits: { maxPendingConnections: 4096, handshakeTimeoutMs: 5000 } });
  const members = await world('good', 3);
  const url = new URL(server.url);
  const before = await server.residentBytes();
  const halfOpen = new Set<Socket>();
  let allClosed: () => void = () => undefined;
  const openOne = () =>
    new Promise<void>((resolve) => {
      const socket = connectTcp(Number(url.port), url.hostname);
      halfOpen.add(socket);
      const done = () => resolve();
      socket.once('connect', () => {
        // Some say nothing, others begin a request and never end it.
        if (halfOpen.size % 2 === 0) socket.write('GET /v1/join HTTP/1.1\r\nhost: x\r\n');
        done();
      });
      socket.once('error', done);
      socket.once('close', () => {
        halfOpen.delete(socket);
        if (halfOpen.size === 0) allClosed();
      });
    });
  for (let batch = 0; batch < 10; batch++) {
    await Promise.all([checkedRound(members, batch), ...Array.from({ length: 1000 }, openOne)]);
  }
  const startMs = performance.now();
  await checkedRound(await world('late', 4), 0);
  expect(performance.now() - startMs).toBeLessThan(5000);
  expect(await server.metric('dropped_total')).toBeGreaterThan(5000);
  expect((await server.residentBytes()) - before).toBeLessThan(200 * megabyte);
  // Those that are left are thrown out when their time for the handshake is over.
  await new Promise<void>((resolve) => {
    allClosed = resolve;
    if (halfOpen.size === 0) resolve();
  });
  await checkedRound(members, 99);
});

it('the memory stays bounded while a hundred members send to one that does not read', async () => {
  await server.stop();
  const limits = { maxTotalQueuedBytes: 32 * megabyte };
  server = await ForkedServer.start({ limits });
  const worldSize = 101;
  const slow = await RawMember.join(server.url, memberToken({ runId: 'slow', rank: worldSize - 1, worldSize }));
  const senders = await Promise.all(
    Array.from({ length: worldSize - 1 }, (_, rank) => connect('slow', rank, worldSize)),
  );
  await slow.next(frameKinds.formed);
  slow.socket.pause();
  const before = await server.residentBytes();
  const sends = senders.map((communicator) =>
    communicator.send(Buffer.alloc(2 * megabyte), worldSize - 1, { timeoutMs: 1500 }).catch((error: unknown) => error),
  );
  for (const outcome of await Promise.all(sends)) expect(outcome).toMatchObject({ code: 'COLLECTIVE_TIMEOUT' });
  expect(await server.metric('queued_bytes')).toBeLessThan(2 * limits.maxTotalQueuedBytes);
  expect((await server.residentBytes()) - before).toBeLessThan(200 * megabyte);
  slow.socket.terminate();
});
