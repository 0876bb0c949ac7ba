import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Communicator } from '../../../collectives/communicator.js';
import type { ObjectExchange } from '../../../collectives/storage/objectExchange.js';
import { everyRank, memoryWorld, type World } from '../worlds.js';
import { closeAll, StorageWorlds } from './storageWorlds.js';

let storage: StorageWorlds;
beforeAll(async () => {
  storage = await StorageWorlds.start();
});
afterAll(() => storage.stop());

/** Operations whose results must be those of the memory channel, bit for bit. */
async function results(world: World): Promise<unknown[]> {
  return everyRank(world, async (comm) => {
    const { rank, worldSize } = comm;
    const own = Float64Array.from({ length: 33 }, (_, index) => (rank + 1) / (index + 3));
    await comm.barrier();
    return Promise.all([
      comm.bcast({ from: rank }, worldSize - 1),
      comm.gather(Int32Array.of(rank), 0),
      comm.reduce(own, 'sum', worldSize - 1),
      comm.allreduce(own, 'sum'),
      comm.allreduce(rank + 0.1, 'prod'),
      comm.scatter(rank === 0 ? Array.from({ length: worldSize }, (_, to) => `for ${to}`) : undefined, 0),
      comm.allgather(Float32Array.of(rank, -rank)),
      comm.alltoall(Array.from({ length: worldSize }, (_, to) => Int16Array.of(rank, to))),
      comm.reduceScatter(own, 'sum'),
      comm.scan(own, 'sum'),
      comm.exscan(own, 'max'),
      comm.split(rank % 2).then((half) => half?.allreduce(BigInt64Array.of(BigInt(rank)), 'sum')),
    ]);
  });
}

describe('messages through objects', () => {
  it.each([1, 2, 3, 5])('give the results of the memory channel, %i ranks', async (worldSize) => {
    const world = await storage.world(worldSize);
    expect(await results(world)).toEqual(await results(memoryWorld(worldSize)));
    await closeAll(world);
  });

  it('keep the order of each sender, whatever the tag', async () => {
    const world = await storage.world(2);
    const [first, second] = world;
    await Promise.all([10, 11, 12].map((n) => first!.send(n, 1, { tag: n % 2 })));
    expect(await second!.recv(0, { tag: 1 })).toBe(11);
    expect([await second!.recv(0), await second!.recv(0)]).toEqual([10, 12]);
    await closeAll(world);
  });

  it('come in order when many are under way at once', async () => {
    const world = await storage.world(2);
    const [first, second] = world;
    const numbers = Array.from({ length: 100 }, (_, index) => index);
    const received = Promise.all(numbers.map(() => second!.recv(0)));
    await Promise.all(numbers.map((n) => first!.send(n, 1)));
    expect(await received).toEqual(numbers);
    await closeAll(world);
  });

  it('leave the data of the sender alone, and reach the sender itself', async () => {
    const [only] = await storage.world(1);
    const data = Int32Array.of(1, 2, 3);
    await only!.send(data, 0);
    data.fill(0);
    expect(await only!.recv(0)).toEqual(Int32Array.of(1, 2, 3));
    await only!.close();
  });

  it('of many senders are found by one listing', async () => {
    const runId = storage.nextRunId();
    const store = storage.store();
    const worldSize = 16;
    const exchange = storage.folder(runId, store);
    const ranks = Array.from({ length: worldSize }, (_, rank) =>
      storage.channel(runId, rank, worldSize, rank === 0 ? { exchange } : {}),
    );
    const world = (await Promise.all(ranks)).map((channel) => new Communicator(channel));
    const getsBefore = store.calls.counts.get;
    const gathered = await everyRank(world, (comm) => comm.gather(comm.rank, 0));
    expect(gathered[0]).toEqual(Array.from({ length: worldSize }, (_, rank) => rank));
    expect(store.calls.counts.get - getsBefore).toBeLessThan(4 * worldSize);
    await closeAll(world);
  });
});

describe('a group without a rendezvous', () => {
  it('names the ranks that never came', async () => {
    const runId = storage.nextRunId();
    // Long enough for the two to see each other on a machine that is busy.
    const arrivals = [0, 2].map((rank) => storage.channel(runId, rank, 5, { timeoutMs: 2000 }));
    for (const outcome of await Promise.allSettled(arrivals)) {
      expect(outcome).toMatchObject({
        reason: {
          code: 'GROUP_TIMEOUT',
          missing: [
            [1, 1],
            [3, 4],
          ],
          message: expect.stringContaining('1, 3-4'),
        },
      });
    }
    expect(await storage.folder(runId).list('')).toEqual([]);
  });

  it('names the ranks that did not enter a barrier', async () => {
    const world = await storage.world(4);
    const barriers = [0, 2, 3].map((rank) => world[rank]!.barrier({ timeoutMs: 500 }));
    for (const outcome of await Promise.allSettled(barriers)) {
      expect(outcome).toMatchObject({ reason: { code: 'COLLECTIVE_TIMEOUT', waitedFor: [1] } });
    }
    await closeAll(world);
  });

  it('gives up when its caller does', async () => {
    const abort = new AbortController();
    const waiting = storage.channel(storage.nextRunId(), 0, 2, { signal: abort.signal });
    abort.abort(new Error('enough'));
    await expect(waiting).rejects.toMatchObject({ code: 'CONNECT_ABORTED' });
  });

  it('gives up when the run does', async () => {
    const runId = storage.nextRunId();
    const waiting = storage.channel(runId, 0, 2);
    await storage.folder(runId).put('released', Buffer.from('rank 1 failed: out of memory'));
    await expect(waiting).rejects.toMatchObject({
      code: 'GROUP_RELEASED',
      message: expect.stringContaining('out of memory'),
    });
  });

  it('takes the newest attempt of a rank, and fences off the older one', async () => {
    const runId = storage.nextRunId();
    const older = storage.channel(runId, 1, 2);
    older.catch(() => undefined);
    const newer = await storage.channel(runId, 1, 2, { generation: 1, timeoutMs: 300 }).catch((error) => error);
    expect(newer).toMatchObject({ code: 'GROUP_TIMEOUT' });
    const newest = storage.channel(runId, 1, 2, { generation: 2 });
    await expect.poll(() => storage.folder(runId).get('presence/1/2')).toBeDefined();
    const [member, rejoined] = await Promise.all([newest, storage.channel(runId, 0, 2)]);
    await expect(older).rejects.toMatchObject({ code: 'RANK_FENCED' });
    await Promise.all([member.close(), rejoined.close()]);
  });

  it('is not open to an attempt that comes when it is complete', async () => {
    const runId = storage.nextRunId();
    const world = await storage.world(2, runId);
    await expect(storage.channel(runId, 1, 2, { generation: 1 })).rejects.toMatchObject({ code: 'GROUP_BROKEN' });
    expect(await everyRank(world, (comm) => comm.allreduce(1, 'sum'))).toEqual([2, 2]);
    await closeAll(world);
  });
});

describe('objects of the channel', () => {
  it('are all gone when the last rank has left', async () => {
    const runId = storage.nextRunId();
    const world = await storage.world(5, runId);
    await everyRank(world, async (comm) => {
      await comm.barrier();
      await comm.allreduce(Float32Array.of(1, 2, 3), 'sum');
      // Never received.
      await comm.send('unread', (comm.rank + 1) % 5, { tag: 9 });
    });
    expect((await storage.folder(runId).list('')).length).toBeGreaterThan(0);
    await closeAll(world);
    expect(await storage.folder(runId).list('')).toEqual([]);
  });

  it('are deleted once they have been read', async () => {
    const runId = storage.nextRunId();
    const world = await storage.world(2, runId);
    const [first, second] = world;
    for (let n = 0; n < 5; n++) {
      await first!.send(n, 1);
      expect(await second!.recv(0)).toBe(n);
    }
    const messages = (await storage.folder(runId).list('')).filter(({ name }) => name.includes('/message/'));
    // The last one may still be on its way out.
    expect(messages.length).toBeLessThanOrEqual(1);
    await closeAll(world);
  });

  it('that somebody else has written cut the rank off instead of passing for messages', async () => {
    const runId = storage.nextRunId();
    const world = await storage.world(2, runId);
    const folder = storage.folder(runId);
    const roster = JSON.parse(Buffer.from((await folder.get('roster')) ?? []).toString());
    await folder.put(`${roster.epoch}/message/0/1/0000000000`, Buffer.from('garbage'));
    await expect(world[0]!.recv(1)).rejects.toMatchObject({ code: 'MESSAGE_CORRUPT' });
    await closeAll(world);
  });

  it('that cannot be read cut the rank off', async () => {
    const runId = storage.nextRunId();
    let isBroken = false;
    const folder = storage.folder(runId);
    const exchange: ObjectExchange = {
      put: (name, bytes) => folder.put(name, bytes),
      putIfAbsent: (name, bytes) => folder.putIfAbsent(name, bytes),
      get: (name) => (isBroken ? Promise.reject(new Error('access denied')) : folder.get(name)),
      list: (prefix) => folder.list(prefix),
      delete: (names) => folder.delete(names),
    };
    const channels = await Promise.all([storage.channel(runId, 0, 2, { exchange }), storage.channel(runId, 1, 2)]);
    const [cutOff, other] = channels.map((channel) => new Communicator(channel));
    isBroken = true;
    await expect(cutOff!.recv(1)).rejects.toMatchObject({
      code: 'STORAGE_CHANNEL',
      message: expect.stringContaining('access denied'),
    });
    await closeAll([cutOff!, other!]);
  });

  it('that cannot be written cut the rank off, and end all that it sends', async () => {
    const runId = storage.nextRunId();
    const folder = storage.folder(runId);
    const exchange: ObjectExchange = {
      put: (name, bytes) => {
        return name.includes('/message/') ? Promise.reject(new Error('access denied')) : folder.put(name, bytes);
      },
      putIfAbsent: (name, bytes) => folder.putIfAbsent(name, bytes),
      get: (name) => folder.get(name),
      list: (prefix) => folder.list(prefix),
      delete: (names) => folder.delete(names),
    };
    const channels = await Promise.all([storage.channel(runId, 0, 2, { exchange }), storage.channel(runId, 1, 2)]);
    const [cutOff, other] = channels.map((channel) => new Communicator(channel));
    const sent = await Promise.allSettled(Array.from({ length: 200 }, (_, n) => cutOff!.send(n, 1)));
    for (const outcome of sent) expect(outcome).toMatchObject({ reason: { code: 'STORAGE_CHANNEL' } });
    await closeAll([cutOff!, other!]);
  });
});
