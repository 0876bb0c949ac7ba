import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { Communicator } from '../../collectives/communicator.js';
import { bytesOf, type NumericArray } from '../../collectives/datatypes.js';
import { RelayChannel } from '../../collectives/relayChannel.js';
import { treeReducer } from '../../collectives/treeReducer.js';
import { type RendezvousServer, startRendezvous } from '../../rendezvous/server.js';
import { signToken } from '../../rendezvous/token.js';
import { everyRank, memoryWorld } from './worlds.js';

const secret = 'a secret for tests only';
let server: RendezvousServer;
let open: Communicator[] = [];
afterEach(async () => {
  await Promise.all(open.map((communicator) => communicator.close()));
  open = [];
  await server.close();
});

async function servedWorld(worldSize: number, maxFrameBytes?: number): Promise<Communicator[]> {
  const limits = maxFrameBytes === undefined ? {} : { maxFrameBytes };
  server = await startRendezvous({ host: '127.0.0.1', port: 0, secret, reducer: treeReducer, limits });
  open = await Promise.all(
    Array.from({ length: worldSize }, async (_, rank) => {
      const member = { runId: 'run', rank, worldSize, generation: 0 };
      const token = signToken(secret, { purpose: 'member', ...member, expiresAtMs: Date.now() + 60_000 });
      const channel = await RelayChannel.connect({ ...member, url: server.url, token, timeoutMs: 10_000 });
      return new Communicator(channel);
    }),
  );
  return open;
}

async function metric(name: string): Promise<number> {
  const text = await (await fetch(`${server.url.replace('ws', 'http')}/metrics`)).text();
  return Number(new RegExp(`^muster_rendezvous_${name} (\\d+)$`, 'm').exec(text)?.[1]);
}

const makers: Record<string, (values: readonly number[]) => NumericArray> = {
  int8: (values) => Int8Array.from(values),
  uint16: (values) => Uint16Array.from(values),
  int32: (values) => Int32Array.from(values),
  float32: (values) => Float32Array.from(values, (value) => value / 3),
  float64: (values) => Float64Array.from(values, (value) => value / 3),
  int64: (values) => BigInt64Array.from(values, BigInt),
};

describe('a reduction at the server', () => {
  it.each([2, 3, 4, 5, 7, 8, 13])('has the bits of the messages among %i ranks', async (worldSize) => {
    const served = await servedWorld(worldSize, 4096 + 32);
    const direct = memoryWorld(worldSize);
    let bytes = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...Object.keys(makers)),
        fc.constantFrom('sum', 'prod', 'min', 'max'),
        fc.integer({ min: 1, max: 3000 }),
        fc.nat(),
        async (type, operator, length, seed) => {
          const inputs = Array.from({ length: worldSize }, (_, rank) =>
            makers[type]!(
              Array.from({ length }, (_unused, index) => ((seed + rank * 7919 + index * 104_729) % 2003) - 1001),
            ),
          );
          const copies = inputs.map((input) => input.slice());
          const reduce = (communicator: Communicator) => communicator.allreduce(inputs[communicator.rank]!, operator);
          const [results, [expected]] = await Promise.all([everyRank(served, reduce), everyRank(direct, reduce)]);
          for (const result of results) expect(same(result, expected!)).toBe(true);
          expect(inputs).toEqual(copies);
          bytes += worldSize * inputs[0]!.byteLength;
        },
      ),
      { numRuns: 15 },
    );
    expect(await metric('reduced_bytes_total')).toBe(bytes);
    expect(await metric('relayed_bytes_total')).toBe(0);
  });

  it('keeps several apart that are under way at once, long and short', async () => {
    const world = await servedWorld(3);
    const lengths = [1_000_000, 1, 300_000, 5, 70_000];
    const results = await everyRank(world, (communicator) =>
      Promise.all(
        lengths.map((length, index) => communicator.allreduce(new Float32Array(length).fill(index + 1), 'sum')),
      ),
    );
    for (const list of results) {
      for (const [index, result] of list.entries()) {
        expect(result).toHaveLength(lengths[index]!);
        expect(result.every((element) => element === 3 * (index + 1))).toBe(true);
      }
    }
  });

  it('names who is missing, and does not stand in the way of the next one', async () => {
    const world = await servedWorld(3);
    const waiting = world.slice(0, 2).map((communicator) => communicator.allreduce(1, 'sum', { timeoutMs: 600 }));
    for (const outcome of await Promise.allSettled(waiting)) {
      expect(outcome).toMatchObject({ reason: { code: 'COLLECTIVE_TIMEOUT', waitedFor: [2] } });
    }
    // The third has to count along, late as it is.
    await expect(world[2]!.allreduce(1, 'sum', { timeoutMs: 50 })).rejects.toMatchObject({ waitedFor: [0, 1] });
    expect(await everyRank(world, (communicator) => communicator.allreduce(communicator.rank, 'max'))).toEqual([
      2, 2, 2,
    ]);
  });

  it('rejects at every rank when lengths, types or operators differ', async () => {
    const world = await servedWorld(2);
    const mismatch = { reason: { code: 'COLLECTIVE_DATA_MISMATCH' } };
    const lengths = world.map((communicator) => communicator.allreduce(new Float64Array(8 + communicator.rank), 'sum'));
    for (const outcome of await Promise.allSettled(lengths)) expect(outcome).toMatchObject(mismatch);
    const types = [world[0]!.allreduce(new Float64Array(4), 'sum'), world[1]!.allreduce(new BigInt64Array(4), 'sum')];
    for (const outcome of await Promise.allSettled(types)) expect(outcome).toMatchObject(mismatch);
    const ops = world.map((communicator) => communicator.allreduce(1, communicator.rank === 0 ? 'sum' : 'max'));
    for (const outcome of await Promise.allSettled(ops)) expect(outcome).toMatchObject(mismatch);
    expect(await everyRank(world, (communicator) => communicator.allreduce(2, 'prod'))).toEqual([4, 4]);
  });
});

function same(result: NumericArray, expected: NumericArray): boolean {
  return Buffer.from(bytesOf(result)).equals(bytesOf(expected));
}
