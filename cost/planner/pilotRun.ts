import { type Constant, defaultConstants, type ForecastConstants } from '../forecast/constants.js';
import { type ForecastInput, forecastRun } from '../forecast/forecastRun.js';
import type { RankWork } from '../forecast/rankTime.js';
import { defaultPriceTable } from '../prices.js';

/** A run whose wall time is known. */
export interface PilotRun {
  readonly name: string;
  readonly ranks: readonly RankWork[];
  readonly memoryMb: number;
  /** Of the whole run, or from the first rank's start to the last one's end. */
  readonly wallS: number;
  readonly measured: 'run' | 'ranks';
}

/** What the model says of a pilot's wall time. */
export function modelledWallS(run: PilotRun, constants: ForecastConstants): number {
  const { wallS, stagesS } = forecastRun(inputOf(run), constants);
  return run.measured === 'run' ? wallS : stagesS.ranks;
}

const inputOf = ({ ranks, memoryMb }: PilotRun): ForecastInput => ({
  ranks,
  memoryMb,
  ephemeralStorageMb: 512,
  architecture: 'x86_64',
  region: 'us-east-1',
  pricesTable: defaultPriceTable,
  concurrency: ranks.length,
  modelBytes: 0,
  meeting: null,
  rendezvousStartS: 0,
  usesRendezvous: false,
});

/** A constant of a model with a new value, and how it was found. */
export const found = (name: keyof ForecastConstants, value: number, source: string): Constant => ({
  ...defaultConstants[name],
  value,
  source,
});
