import { broadcast } from './broadcast.js';
import { copyOf, decodeLike, encodeArray, type NumericArray } from './datatypes.js';
import type { Exchange } from './exchange.js';
import type { Operator } from './operators.js';
import { reduce } from './reduce.js';
import { reductionTree } from './reductionTree.js';

/**
 * Reduction to every rank. With an associative operator: recursive doubling over the `ReductionTree`, where both of a
 * pair put the same two parts together in the same order, so all ranks end with the same bits, and with those of
 * `reduce`. Otherwise rank 0 reduces and broadcasts.
 *
 * @returns a new array. `own` is not written to.
 */
export async function allreduce<A extends NumericArray>(exchange: Exchange, own: A, operator: Operator): Promise<A> {
  if (!operator.associative) {
    const result = await reduce(exchange, own, operator, 0);
    return decodeLike(await broadcast(exchange, result && encodeArray(result), 0), own, 0);
  }
  const { rank, worldSize } = exchange;
  const tree = reductionTree(worldSize);
  const partner = tree.partnerOf(rank);
  // The upper rank of a block of two hands its part over and gets the result in the end.
  if (partner !== undefined && partner < rank) {
    await exchange.send(partner, encodeArray(own));
    return decodeLike(await exchange.receive(partner), own, partner);
  }
  let partial = own;
  if (partner !== undefined) {
    const received = decodeLike(await exchange.receive(partner), own, partner);
    operator.combine(own, received, received);
    partial = received;
  }
  const block = tree.blockOf(rank);
  for (let bit = 1; bit < tree.blocks; bit *= 2) {
    const other = tree.firstRank(block ^ bit);
    const [message] = await Promise.all([exchange.receive(other), exchange.send(other, encodeArray(partial))]);
    const received = decodeLike(message, own, other);
    if (other > rank) operator.combine(partial, received, received);
    else operator.combine(received, partial, received);
    partial = received;
  }
  if (partner !== undefined) await exchange.send(partner, encodeArray(partial));
  return partial === own ? copyOf(own) : partial;
}
