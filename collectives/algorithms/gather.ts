import type { Message } from '../channel.js';
import { binomialTree } from './binomialTree.js';
import { type Entry, entryOf, pack, unpack } from './bundle.js';
import { type Crossover, choose } from './crossover.js';
import type { Exchange } from './exchange.js';

/**
 * The messages of all ranks at the root. In small worlds every rank sends to the root by itself: each byte travels once,
 * and the root's deadline can name exactly who has not delivered. In large ones short messages climb a binomial tree,
 * and long ones follow by themselves.
 *
 * @returns the messages by rank at the root (its own is `own` itself), `undefined` elsewhere.
 */
export async function gather(
  exchange: Exchange,
  own: Message,
  root: number,
  crossover: Crossover,
): Promise<Message[] | undefined> {
  const { rank, worldSize } = exchange;
  if (choose(crossover.gather, 0, worldSize) === 'binomial') return gatherByTree(exchange, own, root, crossover);
  if (rank !== root) {
    await exchange.send(root, own);
    return undefined;
  }
  return Promise.all(Array.from({ length: worldSize }, (_, from) => (from === root ? own : exchange.receive(from))));
}

async function gatherByTree(
  exchange: Exchange,
  own: Message,
  root: number,
  crossover: Crossover,
): Promise<Message[] | undefined> {
  const { rank, worldSize } = exchange;
  const tree = binomialTree(worldSize, rank, root);
  const inline = choose(crossover.gather, own.bytes.byteLength, worldSize) === 'binomial';
  const branches = await Promise.all(
    tree.children.map(async ({ rank: child, size }) => unpack(await exchange.receive(child), size, child)),
  );
  if (tree.parent !== undefined) {
    await exchange.send(tree.parent, pack([entryOf(own, inline), ...branches.flat()]));
    if (!inline) await exchange.send(root, own);
    return undefined;
  }
  // Counted from the root, the entries are in the order of the ranks.
  const entries: Entry[] = [{ message: own }, ...branches.flat()];
  const messages = await Promise.all(
    entries.map(({ message }, relative) => message ?? exchange.receive((relative + root) % worldSize)),
  );
  return Array.from(messages, (_, from) => messages[(from - root + worldSize) % worldSize] ?? own);
}
