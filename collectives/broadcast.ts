import type { Message } from './channel.js';
import type { Exchange } from './exchange.js';

/**
 * Binomial tree: ranks are counted from the root; a rank receives from the one that differs in its lowest set bit and
 * sends to those that differ in a lower one, the largest subtree first.
 *
 * @param own what the root sends; not looked at elsewhere.
 * @returns what the root sent; at the root itself, `own`.
 */
export async function broadcast(exchange: Exchange, own: Message | undefined, root: number): Promise<Message> {
  const { rank, worldSize } = exchange;
  const relative = (rank - root + worldSize) % worldSize;
  let bit = 1;
  while (bit < worldSize && (relative & bit) === 0) bit *= 2;
  const message = own && relative === 0 ? own : await exchange.receive((relative - bit + root) % worldSize);
  const sends: Promise<void>[] = [];
  for (bit /= 2; bit >= 1; bit /= 2) {
    if (relative + bit < worldSize) sends.push(exchange.send((relative + bit + root) % worldSize, message));
  }
  await Promise.all(sends);
  return message;
}
