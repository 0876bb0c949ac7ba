import type { ForecastConstants } from '../../cost/forecast/constants.js';
import { type Forecast, type ForecastInput, forecastRun } from '../../cost/forecast/forecastRun.js';
import { defaultPriceTable, pricesOf } from '../../cost/prices.js';
import { chooseChannel } from '../../job/channelChoice.js';
import type { Payload } from '../../run/payload.js';
import type { PlannedCollectives } from '../../run/plan.js';
import { duration } from '../terminal/quantities.js';
import type { Circumstances } from './circumstances.js';
import { collectivesForecast } from './collectivesForecast.js';

/** A forecast for a payload, with what stands against the run. */
export interface PayloadForecast {
  readonly forecast: Forecast;
  readonly collectives: PlannedCollectives;
  readonly concurrencyLimit: string;
  /** Why the run cannot be; empty: it can. */
  readonly faults: readonly string[];
}

/** Until the forecast says otherwise; what is modelled of a channel hardly depends on it. */
const assumedRunS = 60;
/** Children of a Distributed Map. */
const mapLimit = 10_000;

/** What a forecast of a payload's run starts from. */
export interface PlannedInput {
  readonly input: ForecastInput;
  readonly collectives: PlannedCollectives;
  readonly faults: readonly string[];
}

/** Plans the run of a payload by the rules of Initialize. */
export function plannedInput(payload: Payload, circumstances: Circumstances): PlannedInput {
  const { ranks, memoryMb, concurrency, region, rendezvousStartS } = circumstances;
  const worldSize = ranks.length;
  const wanted = Math.min(payload.max_concurrency ?? worldSize, mapLimit);
  const { prices } = pricesOf(defaultPriceTable, region);
  const choice = chooseChannel(payload, {
    worldSize,
    alone: worldSize === 1 && (payload.world_size === 1 || ranks[0].partitions > 0),
    maxConcurrency: wanted,
    concurrency,
    rendezvousFault: undefined,
    rendezvousStartS,
    executorMemoryMb: memoryMb,
    prices,
  });
  const collectives: PlannedCollectives =
    'faults' in choice ? { channel: 'none', reason: 'the ranks cannot meet' } : choice;
  const usesRendezvous = collectives.channel === 'relay' || collectives.channel === 'direct';
  const input: ForecastInput = {
    ...circumstances,
    pricesTable: defaultPriceTable,
    concurrency: Math.max(1, Math.min(wanted, concurrency.free)),
    meeting:
      collectives.channel === 'none' || worldSize === 1
        ? null
        : {
            ...collectivesForecast(collectives.channel, payload, { worldSize, memoryMb, runS: assumedRunS }, prices),
            barrier: payload.barrier,
          },
    rendezvousStartS: usesRendezvous ? rendezvousStartS : 0,
    usesRendezvous,
  };
  const faults = [
    ...circumstances.faults,
    ...('faults' in choice ? choice.faults : []),
    ...(worldSize > mapLimit
      ? [`world_size: ${worldSize} ranks are more than the ${mapLimit} of a Distributed Map`]
      : []),
    ...(concurrency.free < 1 ? [`no executor can run: ${concurrency.limit} is 0; raise it`] : []),
  ];
  return { input, collectives, faults };
}

/** Forecasts the run of a payload. */
export function forecastPayload(
  payload: Payload,
  circumstances: Circumstances,
  constants: ForecastConstants,
): PayloadForecast {
  const { input, collectives, faults } = plannedInput(payload, circumstances);
  const forecast = forecastRun(input, constants);
  return {
    forecast,
    collectives,
    concurrencyLimit: circumstances.concurrency.limit,
    faults: [...new Set([...faults, ...timeFaults(forecast, payload, circumstances)])],
  };
}

function timeFaults(
  { longestExecutorS, wallS }: Forecast,
  { deadline_s: deadlineS }: Payload,
  { timeoutS }: Circumstances,
): string[] {
  const words = (seconds: number) => duration(seconds * 1000);
  return [
    ...(longestExecutorS > timeoutS
      ? [
          `an executor is up for about ${words(longestExecutorS)}, more than the ${timeoutS} s of its function; use more ranks, smaller partitions or more memory`,
        ]
      : []),
    ...(deadlineS !== undefined && wallS > deadlineS
      ? [`deadline_s: the run takes about ${words(wallS)}, more than ${deadlineS} s`]
      : []),
  ];
}
