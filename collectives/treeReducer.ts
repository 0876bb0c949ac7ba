import type { PieceReduction, Reducer } from '../rendezvous/reducer.js';
import { reductionTree } from './algorithms/reductionTree.js';
import { bytesOf, decode, encodeArray, isOfType, type NumericArray } from './datatypes.js';
import { operators } from './namedOperators.js';
import type { Operator } from './operators.js';

/** Operators that a server carries out; their places travel on the wire: never reorder them. */
const served: readonly Operator[] = [operators.sum, operators.prod, operators.min, operators.max];
/** The low bits of a code are the type of the array (`datatypes.ts`), the high ones the operator. */
const TYPE_BITS = 4;
const TYPES = 2 ** TYPE_BITS;

/** The code by which a server knows the type and the operator; `undefined` when it carries out no such reduction. */
export function reductionCode(array: NumericArray, operator: Operator): number | undefined {
  const place = served.indexOf(operator);
  const { datatype } = encodeArray(array);
  return place < 0 || datatype >= TYPES ? undefined : place * TYPES + datatype;
}

/** Reduces in the order of the `ReductionTree`, with the operators of the ranks. */
export const treeReducer: Reducer = {
  begin(worldSize, code) {
    const operator = served[code >> TYPE_BITS];
    return operator && new TreePiece(worldSize, code % TYPES, operator);
  },
};

/** What ranks brought, put together as far as possible. */
interface Part {
  readonly array: NumericArray;
  /** Lets its memory be used again. */
  readonly release: () => void;
}

/** One piece: parts are put together as soon as both of a pair are here, whatever the order in which they come. */
class TreePiece implements PieceReduction {
  readonly #tree: ReturnType<typeof reductionTree>;
  readonly #datatype: number;
  readonly #operator: Operator;
  /** Parts that wait for their neighbour, by level and place; level 0 holds the ranks of blocks of two. */
  readonly #parts = new Map<string, Part>();

  constructor(worldSize: number, datatype: number, operator: Operator) {
    this.#tree = reductionTree(worldSize);
    this.#datatype = datatype;
    this.#operator = operator;
  }

  add(rank: number, piece: Uint8Array, release: () => void): Uint8Array | undefined {
    const { blocks, blockOf, partnerOf } = this.#tree;
    const part = { array: this.#decode(piece), release };
    if (partnerOf(rank) !== undefined && !this.#meet(0, rank, part)) return undefined;
    let place = blockOf(rank);
    for (let level = 1, left = blocks; left > 1; level++, left /= 2) {
      if (!this.#meet(level, place, part)) return undefined;
      place = Math.floor(place / 2);
    }
    return bytesOf(part.array);
  }

  /** Puts its neighbour's part into a part, or leaves it to wait. */
  #meet(level: number, place: number, part: Part): boolean {
    const neighbour = `${level}:${place ^ 1}`;
    const other = this.#parts.get(neighbour);
    if (!other) {
      this.#parts.set(`${level}:${place}`, part);
      return false;
    }
    this.#parts.delete(neighbour);
    const [own, theirs] = [part.array, other.array];
    if (!isOfType(theirs, own) || theirs.length !== own.length) throw new TypeError('pieces of two lengths');
    if (place % 2 === 0) this.#operator.combine(own, theirs, own);
    else this.#operator.combine(theirs, own, own);
    other.release();
    return true;
  }

  #decode(piece: Uint8Array): NumericArray {
    const data = decode({ datatype: this.#datatype, bytes: piece });
    if (ArrayBuffer.isView(data)) return data;
    throw new TypeError(`datatype ${this.#datatype} is no array`);
  }
}
