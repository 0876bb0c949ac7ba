import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Communicator } from '../../../collectives/communicator.js';
import type { ObjectExchange } from '../../../collectives/storage/objectExchange.js';
import { defaultStorageTiming } from '../../../collectives/storage/storageTiming.js';
import { everyRank } from '../worlds.js';
import { closeAll, StorageWorlds, testTiming } from './storageWorlds.js';

let storage: StorageWorlds;
beforeAll(async () => {
  storage = await StorageWorlds.start();
});
afterAll(() => storage.stop());

/** The exchange of a rank that can be stopped as if its process had been killed or frozen. */
function mortal(exchange: ObjectExchange): { exchange: ObjectExchange; die(): void } {
  let isDead = false;
  const never = new Promise<never>(() => {});
  const alive = <T>(call: () => Promise<T>) => (isDead ? never : call());
  return {
    exchange: {
      put: (name, bytes) => alive(() => exchange.put(name, bytes)),
      putIfAbsent: (name, bytes) => alive(() => exchange.putIfAbsent(name, bytes)),
      get: (name) => alive(() => exchange.get(name)),
      list: (prefix) => alive(() => exchange.list(prefix)),
      delete: (names) => alive(() => exchange.delete(names)),
    },
    die: () => {
      isDead = true;
    },
  };
}

describe('a rank that is gone', () => {
  it('is named by every survivor within five seconds, by the heartbeats of a run', { timeout: 20_000 }, async () => {
    const runId = storage.nextRunId();
    const victim = mortal(storage.folder(runId));
    const timing = defaultStorageTiming;
    const ranks = [0, 1, 2, 3].map((rank) =>
      storage.channel(runId, rank, 4, rank === 2 ? { exchange: victim.exchange, timing } : { timing }),
    );
    const world = (await Promise.all(ranks)).map((channel) => new Communicator(channel));
    await everyRank(world, (comm) => comm.barrier());
    const survivors = world.filter((comm) => comm.rank !== 2);
    const waiting = Promise.allSettled(survivors.map((comm) => comm.allreduce(1, 'sum')));
    victim.die();
    const startMs = performance.now();
    for (const outcome of await waiting) {
      expect(outcome).toMatchObject({
        reason: { code: 'RANK_LOST', operation: 'allreduce', lostRank: 2, lostGeneration: 0 },
      });
    }
    const tookMs = performance.now() - startMs;
    expect(tookMs).toBeGreaterThan(timing.heartbeat.silenceMs / 2);
    expect(tookMs).toBeLessThan(5000);
    await closeAll(survivors);
  });

  it('is waited for as long as it is alive and busy', async () => {
    const runId = storage.nextRunId();
    const store = storage.store();
    const exchange = storage.folder(runId, store);
    const channels = await Promise.all([storage.channel(runId, 0, 2), storage.channel(runId, 1, 2, { exchange })]);
    const world = channels.map((channel) => new Communicator(channel));
    const [busy, waiting] = world;
    const sum = waiting!.allreduce(1, 'sum');
    const getsBefore = store.calls.counts.get;
    // Longer than the silence of a lost rank: the time itself is what is tested.
    const waitedMs = testTiming.heartbeat.silenceMs + 300;
    await sleep(waitedMs);
    // Looks grow rarer, up to the longest interval.
    expect(store.calls.counts.get - getsBefore).toBeLessThan(waitedMs / testTiming.poll.maxMs + 20);
    expect(await busy!.allreduce(2, 'sum')).toBe(3);
    expect(await sum).toBe(3);
    await closeAll(world);
  });

  it('has delivered what it sent before it left', async () => {
    const world = await storage.world(3);
    const [stays, leaves, other] = world;
    await leaves!.send('last words', 0);
    await leaves!.close();
    expect(await stays!.recv(1)).toBe('last words');
    await expect(stays!.recv(1)).rejects.toMatchObject({ code: 'RANK_DEPARTED', departedRank: 1 });
    await closeAll([stays!, other!]);
  });

  it('has delivered even more than a listing or a deletion takes at once', { timeout: 30_000 }, async () => {
    const runId = storage.nextRunId();
    const channels = await Promise.all([0, 1].map((rank) => storage.channel(runId, rank, 2)));
    const [stays, leaves] = channels.map((channel) => new Communicator(channel));
    const count = 1050;
    await Promise.all(Array.from({ length: count }, (_, index) => leaves!.send(index, 0)));
    expect(await storage.folder(runId).list('')).toHaveLength(count + 3);
    await leaves!.close();
    const received: unknown[] = [];
    // Nothing is asked for before the sender is known to be gone, so that one listing has to find all.
    await expect(stays!.barrier()).rejects.toMatchObject({ code: 'RANK_DEPARTED', departedRank: 1 });
    for (let index = 0; index < count; index++) received.push(await stays!.recv(1));
    expect(received).toEqual(Array.from({ length: count }, (_, index) => index));
    await expect(stays!.recv(1)).rejects.toMatchObject({ code: 'RANK_DEPARTED' });
    await stays!.close();
    expect(await storage.folder(runId).list('')).toEqual([]);
  });
});
