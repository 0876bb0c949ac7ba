import type { Message } from '../channel.js';
import { DataMismatchError } from '../errors.js';
import { binomialTree } from './binomialTree.js';
import { type Crossover, choose } from './crossover.js';
import type { Exchange } from './exchange.js';
import { passOn } from './passage.js';

/** Datatype of a message that tells of a longer one, which comes along the chain. Users' data never has it. */
const ANNOUNCEMENT = 64;
const ANNOUNCEMENT_BYTES = 16;

/**
 * From the root to every rank. A short message goes down a binomial tree. For a long one, that no rank but the root knows
 * the length of, the tree brings its length and type; then it goes from rank to rank in pieces, each handed on as soon as
 * it is there, so that the time hardly grows with the world.
 *
 * @param own what the root sends; not looked at elsewhere.
 * @param into memory for the bytes, which is used where they fill it exactly.
 * @returns what the root sent; at the root itself, `own`.
 */
export async function broadcast(
  exchange: Exchange,
  own: Message | undefined,
  root: number,
  crossover: Crossover,
  into?: Uint8Array,
): Promise<Message> {
  const { rank, worldSize } = exchange;
  const isLong = own && choose(crossover.bcast, own.bytes.byteLength, worldSize) === 'chain';
  const first = await broadcastByTree(exchange, isLong ? announcementOf(own) : own, root, into);
  if (first.datatype !== ANNOUNCEMENT) return first;
  const message = own ?? announced(first, root, into);
  const from = rank === root ? undefined : (rank - 1 + worldSize) % worldSize;
  const next = (rank + 1) % worldSize;
  await passOn(exchange, [{ message, from, to: next === root ? undefined : next }], crossover.pieceBytes);
  return message;
}

async function broadcastByTree(
  exchange: Exchange,
  own: Message | undefined,
  root: number,
  into: Uint8Array | undefined,
): Promise<Message> {
  const { rank, worldSize } = exchange;
  const { parent, children } = binomialTree(worldSize, rank, root);
  const message = own ?? (await exchange.receive(parent ?? root, into));
  // The largest subtree first.
  await Promise.all([...children].reverse().map((child) => exchange.send(child.rank, message)));
  return message;
}

function announcementOf({ datatype, bytes }: Message): Message {
  const announcement = new DataView(new ArrayBuffer(ANNOUNCEMENT_BYTES));
  announcement.setUint32(0, datatype, true);
  announcement.setFloat64(8, bytes.byteLength, true);
  return { datatype: ANNOUNCEMENT, bytes: new Uint8Array(announcement.buffer) };
}

/** The announced message, with nothing in it yet. */
function announced({ bytes }: Message, root: number, into: Uint8Array | undefined): Message {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = bytes.byteLength === ANNOUNCEMENT_BYTES ? view.getFloat64(8, true) : Number.NaN;
  if (!Number.isSafeInteger(length) || length < 0) {
    throw new DataMismatchError(root, 'the length of a message', `${bytes.byteLength} bytes`);
  }
  const place = into?.byteLength === length ? into : Buffer.allocUnsafeSlow(length);
  return { datatype: view.getUint32(0, true), bytes: place };
}
