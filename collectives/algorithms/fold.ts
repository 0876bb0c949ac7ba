import { allocateLike, copyInto, copyOf, type NumericArray } from '../datatypes.js';
import { foldByKernel } from '../kernel/kernelOperator.js';
import type { Operator } from '../operators.js';
import { reductionSteps, reductionTree } from './reductionTree.js';

/** A rank's part of a reduction, or what several have come to. */
interface Part {
  readonly array: NumericArray;
  /** Whether the array may be written to. */
  readonly owned: boolean;
}

/** The parts of all ranks at one place. */
export interface Parts {
  readonly worldSize: number;
  /** The rank whose part is the caller's own input, which is not written to. */
  readonly rank: number;
  /** Asked once for each rank. */
  part(rank: number): NumericArray | Promise<NumericArray>;
}

/**
 * Puts the parts of all ranks together: along the `ReductionTree`, each two as soon as both are there; or strictly from
 * left to right if the operator is not associative.
 *
 * @param into where the result goes; a new array otherwise. It must not overlap the parts.
 */
export async function foldInOrder(parts: Parts, operator: Operator, into?: NumericArray): Promise<NumericArray> {
  const { array, owned } = operator.associative
    ? await foldTree(parts, operator, into)
    : await foldFromLeft(parts, operator, into);
  if (!into) return owned ? array : copyOf(array);
  if (array !== into) copyInto(into, array);
  return into;
}

/**
 * The same for parts that are all there.
 *
 * @param arrays by rank; those of other ranks may be written to.
 */
export async function foldArrays(
  arrays: readonly NumericArray[],
  rank: number,
  operator: Operator,
  into: NumericArray,
): Promise<void> {
  const worldSize = arrays.length;
  const done = operator.associative ? foldByKernel(operator, arrays, reductionSteps(worldSize), into) : 0;
  if (done === into.length && done > 0) return;
  const rest = arrays.map((array) => array.subarray(done));
  await foldInOrder({ worldSize, rank, part: (from) => rest[from] ?? into }, operator, into.subarray(done));
}

async function foldTree(parts: Parts, operator: Operator, into: NumericArray | undefined): Promise<Part> {
  const tree = reductionTree(parts.worldSize);
  const blocks = async (start: number, count: number): Promise<Part> => {
    const last = count === tree.blocks ? into : undefined;
    if (count > 1) {
      const [left, right] = await Promise.all([blocks(start, count / 2), blocks(start + count / 2, count / 2)]);
      return combined(operator, left, right, last);
    }
    const first = tree.firstRank(start);
    const partner = tree.partnerOf(first);
    if (partner === undefined) return leaf(parts, first);
    const [left, right] = await Promise.all([leaf(parts, first), leaf(parts, partner)]);
    return combined(operator, left, right, last);
  };
  return blocks(0, tree.blocks);
}

async function foldFromLeft(parts: Parts, operator: Operator, into: NumericArray | undefined): Promise<Part> {
  let result = await leaf(parts, 0);
  for (let rank = 1; rank < parts.worldSize; rank++) {
    const last = rank === parts.worldSize - 1 ? into : undefined;
    result = combined(operator, result, await leaf(parts, rank), last);
  }
  return result;
}

async function leaf(parts: Parts, rank: number): Promise<Part> {
  return { array: await parts.part(rank), owned: rank !== parts.rank };
}

function combined(operator: Operator, left: Part, right: Part, into: NumericArray | undefined): Part {
  const spare = right.owned ? right.array : left.owned ? left.array : undefined;
  const array = into ?? spare ?? allocateLike(left.array, left.array.length);
  operator.combine(left.array, right.array, array);
  return { array, owned: true };
}
