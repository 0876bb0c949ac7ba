import { z } from 'zod';

/** A simulated survey on disk; `survey.json` beside its partitions. */
export const surveySchema = z.object({
  version: z.literal(1),
  /** Of Muster: another release may simulate other galaxies. */
  madeBy: z.string(),
  seed: z.int().min(0),
  galaxiesPerPartition: z.int().min(1),
  partitions: z.array(z.object({ name: z.string(), size: z.int().min(1) })),
});

export type Survey = z.infer<typeof surveySchema>;

/** What the demo is asked for. */
export interface DemoScale {
  readonly ranks: number;
  readonly seed: number;
  readonly partitions: number;
  readonly galaxiesPerPartition: number;
}

/** A float32 stamp of 32 by 32 pixels in five bands, five magnitudes and a redshift. */
export const bytesPerGalaxy = (5 * 32 * 32 + 5 + 1) * Float32Array.BYTES_PER_ELEMENT;

/** Partitions of 256 galaxies are 5.25 MB of float32 stamps, magnitudes and redshifts. */
const defaults = { ranks: 6, partitions: 6, seed: 1, galaxiesPerPartition: 256 };

export function demoScale({
  ranks = defaults.ranks,
  seed = defaults.seed,
}: {
  ranks?: number;
  seed?: number;
}): DemoScale {
  const { galaxiesPerPartition } = defaults;
  return { ranks, seed, partitions: Math.max(defaults.partitions, ranks), galaxiesPerPartition };
}

const isDefault = ({ ranks, seed }: DemoScale): boolean => ranks === defaults.ranks && seed === defaults.seed;

/** What the demo changes in the example's payload: nothing, unless another survey or number of ranks is asked for. */
export function payloadChanges(
  { data_prefix }: { readonly data_prefix: string },
  scale: DemoScale,
): { data_prefix?: string; world_size?: number } {
  if (isDefault(scale)) return {};
  const { ranks, seed, partitions } = scale;
  return { data_prefix: `${data_prefix}-${seed}-${partitions}`, world_size: ranks };
}
