import type { Message } from '../channel.js';
import { type Entry, entryOf, pack, unpack } from './bundle.js';
import { type Crossover, choose } from './crossover.js';
import type { Exchange } from './exchange.js';
import { type Passage, passOn } from './passage.js';

/**
 * The messages of all ranks at every rank. Bruck's algorithm (1997) brings the short ones and tells of the long ones,
 * whose lengths only their senders know; these then go around a ring in pieces.
 *
 * @returns the messages by rank; its own is `own` itself.
 */
export async function allgather(exchange: Exchange, own: Message, crossover: Crossover): Promise<Message[]> {
  const { rank, worldSize } = exchange;
  const inline = choose(crossover.allgather, own.bytes.byteLength, worldSize) === 'bruck';
  const entries = await gatherEntries(exchange, entryOf(own, inline));
  const messages = entries.map(({ message, deferred }, ahead): Message => {
    if (ahead === 0) return own;
    return message ?? { datatype: deferred?.datatype ?? 0, bytes: Buffer.allocUnsafeSlow(deferred?.byteLength ?? 0) };
  });

  // Around the ring: first this rank's own, then that of the rank before it, and so on; the last one has gone around.
  const passages: Passage[] = [];
  for (let behind = 0; behind < worldSize; behind++) {
    const ahead = (worldSize - behind) % worldSize;
    const message = messages[ahead];
    if (!message || entries[ahead]?.message) continue;
    const from = behind === 0 ? undefined : (rank - 1 + worldSize) % worldSize;
    passages.push({ message, from, to: behind === worldSize - 1 ? undefined : (rank + 1) % worldSize });
  }
  await passOn(exchange, passages, crossover.pieceBytes);
  return Array.from(messages, (_, from) => messages[(from - rank + worldSize) % worldSize] ?? own);
}

/**
 * Bruck: each rank collects the entries of those ahead of it, twice as many with each round.
 *
 * @returns by how far the rank is ahead of this one.
 */
async function gatherEntries(exchange: Exchange, own: Entry): Promise<Entry[]> {
  const { rank, worldSize } = exchange;
  const entries = [own];
  while (entries.length < worldSize) {
    const distance = entries.length;
    const count = Math.min(distance, worldSize - distance);
    const ahead = (rank + distance) % worldSize;
    const [message] = await Promise.all([
      exchange.receive(ahead),
      exchange.send((rank - distance + worldSize) % worldSize, pack(entries.slice(0, count))),
    ]);
    entries.push(...unpack(message, count, ahead));
  }
  return entries;
}
