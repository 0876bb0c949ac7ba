import type { Message } from '../channel.js';
import { binomialTree } from './binomialTree.js';
import { entryOf, pack, unpack } from './bundle.js';
import { type Crossover, choose } from './crossover.js';
import type { Exchange } from './exchange.js';

/**
 * To each rank its message from the root. In small worlds the root sends to each by itself; in large ones short messages
 * go down a binomial tree, those of a subtree together, and long ones follow by themselves.
 *
 * @param messages by rank, at the root; not looked at elsewhere.
 * @returns the message for this rank; at the root, the very one that it brought.
 */
export async function scatter(
  exchange: Exchange,
  messages: readonly Message[] | undefined,
  root: number,
  crossover: Crossover,
): Promise<Message> {
  const { rank, worldSize } = exchange;
  const own = messages?.[rank];
  if (choose(crossover.scatter, 0, worldSize) === 'binomial') return scatterByTree(exchange, messages, root, crossover);
  if (!messages || !own) return exchange.receive(root);
  await Promise.all(messages.map((message, to) => (to === rank ? undefined : exchange.send(to, message))));
  return own;
}

async function scatterByTree(
  exchange: Exchange,
  messages: readonly Message[] | undefined,
  root: number,
  crossover: Crossover,
): Promise<Message> {
  const { rank, worldSize } = exchange;
  const { parent, children } = binomialTree(worldSize, rank, root);
  const isInline = ({ bytes }: Message) => choose(crossover.scatter, bytes.byteLength, worldSize) === 'binomial';
  const size = 1 + children.reduce((sum, child) => sum + child.size, 0);
  const fromRoot = (relative: number) => messages?.[(relative + root) % worldSize];
  const entries =
    parent === undefined
      ? Array.from({ length: size }, (_, relative) => fromRoot(relative)).flatMap((message) =>
          message ? [entryOf(message, isInline(message))] : [],
        )
      : unpack(await exchange.receive(parent), size, parent);
  const sends: Promise<void>[] = [];
  let next = 1;
  for (const child of children) {
    sends.push(exchange.send(child.rank, pack(entries.slice(next, next + child.size))));
    next += child.size;
  }
  for (const [to, message] of messages?.entries() ?? []) {
    if (to !== rank && !isInline(message)) sends.push(exchange.send(to, message));
  }
  const own = messages?.[rank] ?? entries[0]?.message ?? (await exchange.receive(root));
  await Promise.all(sends);
  return own;
}
