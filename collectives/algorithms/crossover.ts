import { z } from 'zod';
import shippedTable from './crossover.json' with { type: 'json' };

/** Which algorithm, up to which size; the first rule that fits holds, and the last one fits everything. */
function rulesFor<const Names extends readonly [string, ...string[]]>(names: Names) {
  return z
    .array(
      z.strictObject({
        algorithm: z.enum(names),
        /** Bytes that one rank brings (allgather, alltoall, gather, scatter: of one block). */
        maxBytes: z.int().min(0).optional(),
        maxWorldSize: z.int().min(1).optional(),
      }),
    )
    .refine((rules) => {
      const last = rules.at(-1);
      return last !== undefined && last.maxBytes === undefined && last.maxWorldSize === undefined;
    }, 'the last rule must fit every size');
}

const crossoverSchema = z.strictObject({
  /** Longest message of an algorithm that works piece by piece. */
  pieceBytes: z.int().min(8).multipleOf(8),
  bcast: rulesFor(['binomial', 'chain']),
  reduce: rulesFor(['tree', 'pairwise', 'halving']),
  allreduce: rulesFor(['tree', 'pairwise', 'halving']),
  reduceScatter: rulesFor(['tree', 'pairwise', 'halving']),
  scan: rulesFor(['doubling', 'chain']),
  gather: rulesFor(['direct', 'binomial']),
  scatter: rulesFor(['direct', 'binomial']),
  allgather: rulesFor(['bruck', 'ring']),
  alltoall: rulesFor(['direct', 'bruck']),
});

/**
 * Where one algorithm gives way to the next. The table is `crossover.json`, which `bench/crossover.ts` writes from what it
 * has measured. Every rank must use the same one.
 *
 * Reductions have the same bits whichever algorithm is chosen, because all put the parts together in one order
 * (`reductionTree.ts`); only `scan` of floating-point numbers rounds differently beyond its crossover. The choice
 * depends on the operation, its size, the world size and the operator alone: never on the channel or on time.
 */
export type Crossover = z.infer<typeof crossoverSchema>;

/** @throws ZodError naming what does not fit. */
export function parseCrossover(table: unknown): Crossover {
  return crossoverSchema.parse(table);
}

export const crossover = parseCrossover(shippedTable);

interface Rule<Name extends string> {
  readonly algorithm: Name;
  readonly maxBytes?: number | undefined;
  readonly maxWorldSize?: number | undefined;
}

/** The algorithm of the first rule that fits. */
export function choose<Name extends string>(rules: readonly Rule<Name>[], bytes: number, worldSize: number): Name {
  for (const { algorithm, maxBytes, maxWorldSize } of rules) {
    if (bytes <= (maxBytes ?? bytes) && worldSize <= (maxWorldSize ?? worldSize)) return algorithm;
  }
  throw new RangeError('the last rule of a crossover must fit every size');
}
