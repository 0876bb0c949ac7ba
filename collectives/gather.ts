import type { Message } from './channel.js';
import type { Exchange } from './exchange.js';

/**
 * Every rank sends to the root by itself: each byte travels once, and the root's deadline can name exactly who has not
 * delivered.
 *
 * @returns the messages by rank at the root (its own is `own` itself), `undefined` elsewhere.
 */
export async function gather(exchange: Exchange, own: Message, root: number): Promise<Message[] | undefined> {
  const { rank, worldSize } = exchange;
  if (rank !== root) {
    await exchange.send(root, own);
    return undefined;
  }
  return Promise.all(Array.from({ length: worldSize }, (_, from) => (from === root ? own : exchange.receive(from))));
}
