import { type CosmicAiResult, type CosmicAiRun, cosmicAiConstants } from './cosmicAiPilots.js';
import { fitWalls, median, type WallFit } from './fitWalls.js';
import { modelledWallS } from './pilotRun.js';

/** Partition sizes, in MB, that the model is fitted to. */
export const fittedPartitionsMb: readonly number[] = [25, 100];

/** Repeats of one point against what the model says. */
export interface ValidationRow {
  readonly partitionMb: number;
  readonly dataGb: number;
  readonly ranks: number;
  /** Whether these runs were fitted to; the others were not seen. */
  readonly fitted: boolean;
  readonly measuredS: readonly number[];
  readonly modelS: number;
  /** Model / median of the measured - 1. */
  readonly error: number;
}

export interface Validation {
  readonly fit: WallFit;
  readonly rows: readonly ValidationRow[];
  /** Median of |model / measured - 1| over single runs, by partition size. */
  readonly medianErrors: readonly { readonly partitionMb: number; readonly fitted: boolean; readonly error: number }[];
  /** The same over all runs that were not fitted to. */
  readonly unseenError: number;
}

const isRepeat = (run: CosmicAiRun, other: CosmicAiRun): boolean =>
  run.partitionMb === other.partitionMb && run.dataGb === other.dataGb;

/** Fits the model to CosmicAI's 25 MB and 100 MB runs and compares it with all of them. */
export function validateFit(runs: readonly CosmicAiRun[], results: readonly CosmicAiResult[]): Validation {
  const isFitted = ({ partitionMb }: { partitionMb: number }) => fittedPartitionsMb.includes(partitionMb);
  const fit = fitWalls(runs.filter(isFitted), cosmicAiConstants(results.filter(({ run }) => isFitted(run))));
  const points = runs.filter((run, at) => runs.findIndex((other) => isRepeat(run, other)) === at);
  const rows = points.map((run): ValidationRow => {
    const repeats = runs.filter((other) => isRepeat(run, other));
    const measuredS = repeats.map(({ wallS }) => wallS);
    const modelS = modelledWallS(run, fit.constants);
    return {
      partitionMb: run.partitionMb,
      dataGb: run.dataGb,
      ranks: run.ranks.length,
      fitted: isFitted(run),
      measuredS,
      modelS,
      error: modelS / median(measuredS) - 1,
    };
  });
  const errorOf = (of: readonly ValidationRow[]) =>
    median(of.flatMap(({ modelS, measuredS }) => measuredS.map((wallS) => Math.abs(modelS / wallS - 1))));
  return {
    fit,
    rows,
    medianErrors: [...new Set(rows.map(({ partitionMb }) => partitionMb))].map((partitionMb) => ({
      partitionMb,
      fitted: isFitted({ partitionMb }),
      error: errorOf(rows.filter((row) => row.partitionMb === partitionMb)),
    })),
    unseenError: errorOf(rows.filter(({ fitted }) => !fitted)),
  };
}
