import { z } from 'zod';

/** Galaxies of one partition: 5.25 MB of float32 stamps, magnitudes and redshifts. */
export const galaxiesPerPartition = 256;

/** A simulated survey on disk; `survey.json` beside its partitions. */
export const surveySchema = z.object({
  version: z.literal(1),
  /** Of Muster: another release may simulate other galaxies. */
  madeBy: z.string(),
  seed: z.int().min(0),
  partitions: z.array(z.object({ name: z.string(), size: z.int().min(1) })),
});

export type Survey = z.infer<typeof surveySchema>;

/** What the demo is asked for. */
export interface DemoScale {
  readonly ranks: number;
  readonly seed: number;
  readonly partitions: number;
}

const defaults = { ranks: 6, partitions: 6, seed: 1 };

export function demoScale({
  ranks = defaults.ranks,
  seed = defaults.seed,
}: {
  ranks?: number;
  seed?: number;
}): DemoScale {
  return { ranks, seed, partitions: Math.max(defaults.partitions, ranks) };
}

const isDefault = ({ ranks, seed }: DemoScale): boolean => ranks === defaults.ranks && seed === defaults.seed;

/**
 * The payload that the demo runs: the example's own, and for another survey or another number of ranks, the example's with
 * these two changed.
 */
export function demoPayload<T extends { readonly data_prefix: string }>(payload: T, scale: DemoScale): T {
  if (isDefault(scale)) return payload;
  const { ranks, seed, partitions } = scale;
  return { ...payload, data_prefix: `${payload.data_prefix}-${seed}-${partitions}`, world_size: ranks };
}
