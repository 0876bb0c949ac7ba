import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Communicator } from '../../collectives/communicator.js';
import { connectCommunicator } from '../../collectives/connectCommunicator.js';
import { RankLostError } from '../../collectives/errors.js';
import { MemoryWorld } from '../../collectives/memoryChannel.js';
import { RendezvousLostError } from '../../rendezvous/errors.js';
import { releaseGroup } from '../../rendezvous/release.js';
import { startRendezvous } from '../../rendezvous/server.js';
import { everyRank, memoryWorld, RelayWorlds } from './worlds.js';

let relay: RelayWorlds;
beforeAll(async () => {
  relay = await RelayWorlds.start();
});
afterAll(() => relay.stop());

function breakable(worldSize: number) {
  const memory = new MemoryWorld(worldSize);
  return { memory, world: memory.channels.map((channel) => new Communicator(channel, { runId: 'run-1' })) };
}

describe('a lost rank', () => {
  it('ends every pending collective of every survivor, naming rank, generation and operation', async () => {
    const { memory, world } = breakable(5);
    const survivors = world.filter(({ rank }) => rank !== 3);
    const pending = survivors.flatMap((comm) => [
      ['barrier', comm.barrier()] as const,
      ['bcast', comm.bcast<number>(undefined, 3)] as const,
      ['gather', comm.gather(1, comm.rank === 0 ? 0 : 3)] as const,
      ['allreduce', comm.allreduce(1, 'sum')] as const,
    ]);
    const results = Promise.allSettled(pending.map(([, promise]) => promise));
    memory.lose(3, 'it was killed');
    for (const [index, result] of (await results).entries()) {
      const [operation] = pending[index]!;
      // Who has only to send is done before anything is lost.
      if (operation === 'gather' && result.status === 'fulfilled') continue;
      expect(result).toMatchObject({
        status: 'rejected',
        reason: { code: 'RANK_LOST', operation, lostRank: 3, lostGeneration: 0, retryable: true, runId: 'run-1' },
      });
      expect(result).toMatchObject({ reason: { message: /rank 3 \(generation 0\) is lost: it was killed/ } });
    }
  });

  it('makes later collectives fail at once, and leaves messages between survivors alone', async () => {
    const { memory, world } = breakable(4);
    memory.lose(2, 'it was killed');
    await expect(world[0]!.allreduce(1, 'sum')).rejects.toBeInstanceOf(RankLostError);
    await expect(world[0]!.send(1, 2)).rejects.toMatchObject({ code: 'RANK_LOST', operation: 'send' });
    await expect(world[0]!.recv(2)).rejects.toMatchObject({ code: 'RANK_LOST', operation: 'recv' });
    await world[0]!.send('still here', 1);
    expect(await world[1]!.recv(0)).toBe('still here');
  });

  it('is told over the relay, in the middle of an operation', async () => {
    const runId = relay.nextRunId();
    const world = await relay.world(3, runId);
    await everyRank(world, (comm) => comm.barrier());
    const pending = Promise.allSettled([world[0]!.barrier(), world[1]!.allreduce(1, 'sum')]);
    await releaseGroup({ url: relay.url, token: relay.releaseToken(runId), runId, rank: 2, cause: 'out of attempts' });
    expect(await pending).toMatchObject([
      { reason: { code: 'RANK_LOST', operation: 'barrier', lostRank: 2 } },
      { reason: { code: 'RANK_LOST', operation: 'allreduce', lostRank: 2 } },
    ]);
    await expect(world[2]!.barrier()).rejects.toMatchObject({ code: 'GROUP_RELEASED' });
    await expect(relay.connect(runId, 2, 3, 1)).rejects.toMatchObject({ code: 'GROUP_RELEASED' });
  });

  it('makes a retried rank fail fast instead of wait', async () => {
    const runId = relay.nextRunId();
    const world = await relay.world(2, runId);
    const pending = expect(world[0]!.barrier()).rejects.toMatchObject({ code: 'RANK_LOST', lostRank: 1 });
    await expect(relay.connect(runId, 1, 2, 1)).rejects.toMatchObject({ code: 'GROUP_BROKEN' });
    await pending;
    await expect(world[1]!.barrier()).rejects.toMatchObject({ code: 'RANK_FENCED' });
  });

  it('has every rank of a released group told', async () => {
    const runId = relay.nextRunId();
    const world = await relay.world(3, runId);
    const pending = Promise.allSettled(world.filter(({ rank }) => rank > 0).map((comm) => comm.barrier()));
    await releaseGroup({ url: relay.url, token: relay.releaseToken(runId), runId, cause: 'the run was stopped' });
    for (const result of await pending) {
      expect(result).toMatchObject({ reason: { code: 'GROUP_RELEASED', message: /the run was stopped/ } });
    }
    await expect(world[0]!.send(1, 1)).rejects.toMatchObject({ code: 'GROUP_RELEASED' });
  });
});

describe('a deadline', () => {
  it('names the ranks that an operation waited for', async () => {
    const world = memoryWorld(5);
    const timeoutMs = 30;
    const gathered = [world[0]!.gather(0, 0, { timeoutMs }), world[2]!.gather(2, 0, { timeoutMs })];
    expect(await Promise.allSettled(gathered)).toMatchObject([
      { reason: { code: 'COLLECTIVE_TIMEOUT', operation: 'gather', waitedFor: [1, 3, 4], message: /ranks 1, 3-4/ } },
      { status: 'fulfilled' },
    ]);
    await expect(world[1]!.recv(4, { timeoutMs })).rejects.toMatchObject({ waitedFor: [4], operation: 'recv' });
  });

  it('names over the relay exactly who has not entered a barrier', async () => {
    const world = await relay.world(6);
    const present = world.filter(({ rank }) => rank !== 1 && rank !== 4);
    for (const result of await Promise.allSettled(present.map((comm) => comm.barrier({ timeoutMs: 100 })))) {
      expect(result).toMatchObject({
        reason: { code: 'COLLECTIVE_TIMEOUT', waitedFor: [1, 4], message: /ranks 1, 4/ },
      });
    }
  });

  it('does not spoil the operations after it', async () => {
    const world = memoryWorld(4);
    const early = world.slice(0, 3).map((comm) => comm.allreduce(1, 'sum', { timeoutMs: 20 }));
    expect((await Promise.allSettled(early)).every(({ status }) => status === 'rejected')).toBe(true);
    // What the others had sent before they gave up is enough for the late one.
    expect(await world[3]!.allreduce(1, 'sum')).toBe(4);
    expect(await everyRank(world, (comm) => comm.allreduce(comm.rank, 'sum'))).toEqual([6, 6, 6, 6]);
  });
});

describe('an AbortSignal', () => {
  it('ends the operation with the reason as cause, and no other', async () => {
    const world = memoryWorld(2);
    const controller = new AbortController();
    const aborted = world[0]!.recv(1, { tag: 1, signal: controller.signal });
    const other = world[0]!.recv(1, { tag: 2 });
    const reason = new Error('enough');
    controller.abort(reason);
    await expect(aborted).rejects.toMatchObject({ code: 'COLLECTIVE_ABORTED', operation: 'recv', cause: reason });
    await world[1]!.send('two', 0, { tag: 2 });
    expect(await other).toBe('two');
  });

  it('that is aborted already lets nothing begin', async () => {
    const [alone] = memoryWorld(1);
    await expect(alone!.allreduce(1, 'sum', { signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'COLLECTIVE_ABORTED',
    });
  });
});

describe('closing', () => {
  it('rejects what is under way and what comes later', async () => {
    const world = memoryWorld(2);
    const pending = expect(world[0]!.barrier()).rejects.toMatchObject({ code: 'COMMUNICATOR_CLOSED' });
    await world[0]!.close();
    await pending;
    await expect(world[0]!.send(1, 1)).rejects.toMatchObject({ code: 'COMMUNICATOR_CLOSED', operation: 'send' });
  });

  it.each([
    ['memory', async () => memoryWorld(3)],
    ['relay', () => relay.world(3)],
  ])('lets others read what was sent, and ends what still waits for it, over %s', async (_name, makeWorld) => {
    const world = await makeWorld();
    await world[0]!.send('last words', 1);
    const broadcast = world[0]!.bcast('to all', 0);
    await broadcast;
    const waiting = expect(world[2]!.recv(0)).rejects.toMatchObject({ code: 'RANK_DEPARTED', departedRank: 0 });
    await world[0]!.close();
    await waiting;
    expect(await world[1]!.recv(0)).toBe('last words');
    expect(await Promise.all([world[1]!.bcast(undefined, 0), world[2]!.bcast(undefined, 0)])).toEqual([
      'to all',
      'to all',
    ]);
    await expect(world[1]!.recv(0)).rejects.toMatchObject({ code: 'RANK_DEPARTED', operation: 'recv' });
    await expect(world[1]!.barrier()).rejects.toMatchObject({ code: 'RANK_DEPARTED', operation: 'barrier' });
    expect(await Promise.all([world[1]!.send(1, 2), world[2]!.recv(1)])).toEqual([undefined, 1]);
  });

  it('may be repeated', async () => {
    const world = await relay.world(2);
    await Promise.all([world[0]!.close(), world[0]!.close(), world[1]!.close()]);
  });
});

describe('a rank that is cut off', () => {
  it('fails with the reason, now and later', async () => {
    const { memory, world } = breakable(2);
    const error = new RendezvousLostError({ runId: 'run-1', rank: 0, generation: 0 }, 'the cable is gone');
    const pending = expect(world[0]!.barrier()).rejects.toBe(error);
    memory.cut(0, error);
    await pending;
    await expect(world[0]!.recv(1)).rejects.toBe(error);
  });

  it('hears of a server that stops', async () => {
    const other = await RelayWorlds.start();
    const world = await other.world(2);
    const pending = expect(world[0]!.barrier()).rejects.toMatchObject({ code: 'RENDEZVOUS_LOST', retryable: true });
    await other.stopServer();
    await pending;
  });
});

describe('arguments', () => {
  it('are all checked before anything is sent', async () => {
    const [first] = memoryWorld(2);
    const invalid = { code: 'COLLECTIVE_ARGUMENT_INVALID' };
    await expect(first!.send(1, 2, { tag: -1, timeoutMs: 0 })).rejects.toThrow(/rank 2.*tag -1.*timeoutMs 0/);
    await expect(first!.bcast(1, 2)).rejects.toMatchObject(invalid);
    await expect(first!.bcast(undefined, 0)).rejects.toMatchObject(invalid);
    // As an untyped caller may name it.
    const unknown: 'sum' = JSON.parse('"toString"');
    await expect(first!.allreduce(1, unknown)).rejects.toThrow(/operator toString is none of sum, prod, min, max/);
    await expect(first!.recv(0.5)).rejects.toMatchObject(invalid);
    await expect(first!.recv(1, { timeoutMs: Number.POSITIVE_INFINITY })).rejects.toMatchObject(invalid);
  });

  it('that do not fit those of another rank are named', async () => {
    const world = memoryWorld(2);
    const results = Promise.allSettled([
      world[0]!.allreduce(Float32Array.of(1, 2), 'sum'),
      world[1]!.allreduce(Float32Array.of(1), 'sum'),
    ]);
    expect(await results).toMatchObject([
      {
        reason: {
          code: 'COLLECTIVE_DATA_MISMATCH',
          message: /Rank 1 brought Float32Array\(1\), where Float32Array\(2\)/,
        },
      },
      { reason: { code: 'COLLECTIVE_DATA_MISMATCH', message: /Rank 0 brought/ } },
    ]);
  });
});

it('a world of one needs nobody', async () => {
  const server = await startRendezvous({ host: '127.0.0.1', port: 0, secret: 'a secret for tests only' });
  await server.close();
  const alone = await connectCommunicator({
    url: server.url,
    token: '',
    runId: 'run-1',
    rank: 0,
    worldSize: 1,
    generation: 0,
    timeoutMs: 1000,
  });
  const input = Float64Array.of(1, 2);
  await alone.barrier();
  const results = [
    await alone.bcast(input, 0),
    (await alone.gather(input, 0))?.[0],
    await alone.reduce(input, 'sum', 0),
    await alone.allreduce(input, 'prod'),
  ];
  for (const result of results) {
    expect(result).toEqual(input);
    expect(result?.buffer).not.toBe(input.buffer);
  }
  await alone.send('to myself', 0);
  expect(await alone.recv(0)).toBe('to myself');
  await alone.close();
});
