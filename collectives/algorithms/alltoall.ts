import type { Message } from '../channel.js';
import { type Entry, entryOf, pack, unpack } from './bundle.js';
import { type Crossover, choose } from './crossover.js';
import type { Exchange } from './exchange.js';

/**
 * From each rank to each rank a message. In small worlds every rank sends to every other by itself. In large ones Bruck's
 * algorithm (1997) carries the short ones, many in one, in as many rounds as the world size has bits, and the long ones
 * follow by themselves.
 *
 * @param messages by the rank they are for.
 * @returns by the rank they are from; that of this rank is the very one that it brought.
 */
export async function alltoall(
  exchange: Exchange,
  messages: readonly Message[],
  crossover: Crossover,
): Promise<Message[]> {
  const { rank, worldSize } = exchange;
  const algorithmFor = (bytes: number) => choose(crossover.alltoall, bytes, worldSize);
  const isInline = ({ bytes }: Message) => algorithmFor(bytes.byteLength) === 'bruck';
  // By distance, so that not all begin with the same rank.
  const outgoing = messages.map((message, distance) => messages[(rank + distance) % worldSize] ?? message);
  const carried =
    algorithmFor(0) === 'bruck'
      ? await carry(
          exchange,
          outgoing.map((message) => entryOf(message, isInline(message))),
        )
      : [];
  const sends = outgoing.map((message, distance) =>
    distance === 0 || (carried.length > 0 && isInline(message))
      ? undefined
      : exchange.send((rank + distance) % worldSize, message),
  );
  const incoming = await Promise.all(
    outgoing.map((own, distance) => {
      if (distance === 0) return own;
      return carried[distance]?.message ?? exchange.receive((rank - distance + worldSize) % worldSize);
    }),
  );
  await Promise.all(sends);
  return incoming.map((message, from) => incoming[(rank - from + worldSize) % worldSize] ?? message);
}

/**
 * Bruck: the entry for the rank at a distance travels by the powers of two that the distance is made of, together with
 * all others that go the same step.
 *
 * @param entries by the distance of the rank they are for.
 * @returns by the distance of the rank they are from.
 */
async function carry(exchange: Exchange, entries: readonly Entry[]): Promise<Entry[]> {
  const { rank, worldSize } = exchange;
  const carried = [...entries];
  for (let step = 1; step < worldSize; step *= 2) {
    const moving = carried.flatMap((entry, distance) => (distance & step ? [{ entry, distance }] : []));
    const from = (rank - step + worldSize) % worldSize;
    const [message] = await Promise.all([
      exchange.receive(from),
      exchange.send((rank + step) % worldSize, pack(moving.map(({ entry }) => entry))),
    ]);
    const arrived = unpack(message, moving.length, from);
    for (const [index, { distance }] of moving.entries()) carried[distance] = arrived[index] ?? carried[distance]!;
  }
  return carried;
}
