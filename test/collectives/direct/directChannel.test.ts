import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type DirectRank, DirectWorlds, isLinked, talkUntil } from './directWorlds.js';

/** A message that shows its place in the order, of a length that depends on it. */
function numbered(index: number): Int32Array {
  const length = index % 97 === 0 ? 400_000 : index % 13 === 0 ? 20_000 : index % 5;
  return new Int32Array(length + 1).fill(index);
}

async function sendAll({ communicator }: DirectRank, to: number, count: number, after?: (index: number) => void) {
  for (let index = 0; index < count; index++) {
    await communicator.send(numbered(index), to);
    after?.(index);
  }
}

async function receiveAll({ communicator }: DirectRank, from: number, count: number): Promise<void> {
  for (let index = 0; index < count; index++) {
    const received = await communicator.recv<Int32Array>(from);
    if (received.length !== numbered(index).length || received.some((value) => value !== index)) {
      throw new Error(`message ${index} came as ${received.length} times ${received[0]}`);
    }
  }
}

/** With system calls, and as it is without koffi. */
const ways = [
  ['polled sockets', false],
  ['plain sockets', true],
] as const;

describe.each(ways)('a direct channel of %s', (_, plainSockets) => {
  let worlds: DirectWorlds;
  beforeAll(async () => {
    worlds = await DirectWorlds.start({}, plainSockets);
  });
  afterAll(() => worlds.stop());

  it('links the pairs that talk, while the relay carries what comes first', async () => {
    const ranks = await worlds.world(5);
    const linked = () =>
      ranks.every(({ channel }) => [...channel.paths.values()].every(({ kind }) => kind === 'direct'));
    let rounds = 0;
    do {
      const data = new Float64Array(1000).fill(++rounds);
      const sums = await Promise.all(ranks.map(({ communicator }) => communicator.allreduce(data, 'sum')));
      for (const sum of sums) expect(sum).toEqual(data.map((value) => 5 * value));
    } while (!linked());
    expect(ranks[0]?.channel.paths.size).toBeGreaterThan(0);
    expect(rounds).toBeGreaterThan(1);
  });

  it('does not lose or reorder messages when it changes from the relay to a link', async () => {
    const [zero, one] = await worlds.world(2);
    if (!zero || !one) throw new Error('no world');
    const count = 600;
    await Promise.all([
      sendAll(zero, 1, count),
      sendAll(one, 0, count),
      receiveAll(zero, 1, count),
      receiveAll(one, 0, count),
    ]);
    await talkUntil([zero, one], () => isLinked(zero, 1) && isLinked(one, 0));
  });

  it('does not lose or reorder messages when links break, and stays with the relay when they break again', async () => {
    const [zero, one] = await worlds.linkedPair();
    const count = 600;
    let cuts = 0;
    const cut = (index: number) => {
      if ((index === 100 || index === 350) && worlds.cutLinks() > 0) cuts += 1;
    };
    await Promise.all([
      sendAll(zero, 1, count, cut),
      sendAll(one, 0, count),
      receiveAll(zero, 1, count),
      receiveAll(one, 0, count),
    ]);
    expect(cuts).toBeGreaterThan(0);
    for (let more = cuts; more < 2; more++) {
      await talkUntil([zero, one], () => isLinked(zero, 1) && isLinked(one, 0));
      worlds.cutLinks();
      await talkUntil([zero, one], () => !isLinked(zero, 1) && !isLinked(one, 0));
    }
    await Promise.all([sendAll(zero, 1, 20), receiveAll(one, 0, 20)]);
    expect(zero.channel.paths.get(1)).toMatchObject({ kind: 'relay' });
  });

  it('delivers what was sent before a rank departed, and then says that it did', async () => {
    const [zero, one] = await worlds.linkedPair();
    const count = 200;
    await sendAll(one, 0, count);
    await one.communicator.close();
    await receiveAll(zero, 1, count);
    await expect(zero.communicator.recv(1)).rejects.toMatchObject({ code: 'RANK_DEPARTED', departedRank: 1 });
  });

  it('gives the memory of a send that was given up back at once', async () => {
    const [zero, one] = await worlds.linkedPair();
    const abort = new AbortController();
    const data = new Uint8Array(50_000_000).fill(7);
    const sent = zero.communicator.send(data, 1, { tag: 1, signal: abort.signal });
    abort.abort(new Error('no longer wanted'));
    await expect(sent).rejects.toMatchObject({ code: 'COLLECTIVE_ABORTED' });
    data.fill(0);
    await zero.communicator.send(Uint8Array.of(42), 1, { tag: 2 });
    expect(await one.communicator.recv(0, { tag: 2 })).toEqual(Uint8Array.of(42));
    await Promise.all([sendAll(zero, 1, 50), receiveAll(one, 0, 50)]);
  });

  it('gives the memory of a receiver that was given up back at once', async () => {
    const [zero, one] = await worlds.linkedPair();
    const [first, last] = [new Uint8Array(12_000_000).fill(5), new Uint8Array(12_000_000).fill(6)];
    const into = new Uint8Array(12_000_000);
    const pending = one.channel.receive(0, 0, 9, into);
    const sent = zero.channel.send(1, 0, 9, { datatype: 0, bytes: first });
    // What the socket reads is seen from a callback of the event loop's next turn at the earliest.
    while (into[0] === 0) await new Promise((resolve) => setImmediate(resolve));
    const arrived = into.lastIndexOf(5) + 1;
    pending.cancel(new Error('no longer wanted'));
    into.fill(0);
    await expect(pending.promise).rejects.toThrow('no longer wanted');
    await sent.promise;
    await zero.channel.send(1, 0, 9, { datatype: 0, bytes: last }).promise;
    expect(Buffer.compare((await one.channel.receive(0, 0, 9).promise).bytes, first)).toBe(0);
    expect(Buffer.compare((await one.channel.receive(0, 0, 9).promise).bytes, last)).toBe(0);
    expect(into.every((byte) => byte === 0)).toBe(true);
    expect(arrived).toBeLessThan(into.length);
  });

  it('puts a message straight into memory that waits for it', async () => {
    const [zero, one] = await worlds.linkedPair();
    const into = new Uint8Array(200_000);
    const pending = one.channel.receive(0, 0, 3, into);
    await zero.channel.send(1, 0, 3, { datatype: 0, bytes: new Uint8Array(200_000).fill(8) }).promise;
    expect((await pending.promise).bytes.buffer).toBe(into.buffer);
    expect(into.every((byte) => byte === 8)).toBe(true);
  });

  it('goes on while others wait, with empty blocks, whether its ranks sleep while they wait or not', async () => {
    const runId = worlds.nextRunId();
    const ranks = await Promise.all(
      [0, 1, 2].map((rank) => worlds.rank({ ...worlds.options(runId, rank, 3), pollMs: rank })),
    );
    await talkUntil(ranks, () => ranks.every((one, rank) => isLinked(one, (rank + 1) % 3)));
    const sums = await Promise.all(ranks.map(({ communicator }) => communicator.allreduce(new Float64Array(1), 'sum')));
    expect(sums).toEqual([Float64Array.of(0), Float64Array.of(0), Float64Array.of(0)]);
    const parts = await Promise.all(
      ranks.map(({ communicator }) => communicator.gather(new Uint8Array(communicator.rank), 0)),
    );
    expect(parts[0]).toEqual([new Uint8Array(0), new Uint8Array(1), new Uint8Array(2)]);
  });
});
