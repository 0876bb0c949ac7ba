import {
  type ModelledChannel,
  type ModelledWorld,
  type OperationCount,
  predictChannel,
} from '../../collectives/channelModel.js';
import { priceOf, type RegionPrices } from '../../cost/prices.js';
import type { Payload } from '../../run/payload.js';
import { qualityVectorLength } from '../../run/quality.js';

/** What the end of a run reduces: the statistics, the count of predictions that are not finite, and CPU seconds. */
const statisticsBytes = (qualityVectorLength + 2) * Float64Array.BYTES_PER_ELEMENT;

/** What the collectives of a run come to, by the model of the channels. */
export interface CollectivesForecast {
  /** Of each rank's time, meeting included. */
  readonly collectivesS: number;
  /** The requests of all ranks, where messages are objects. */
  readonly requestsUsd: number;
}

export function collectivesForecast(
  channel: ModelledChannel,
  { barrier }: Pick<Payload, 'barrier'>,
  world: ModelledWorld,
  { s3 }: RegionPrices,
): CollectivesForecast {
  const operations: OperationCount[] = [{ operation: 'allreduce', bytes: statisticsBytes, count: 1 }];
  if (barrier) operations.push({ operation: 'barrier', bytes: 0, count: 1 });
  // Lambda and the host of the rendezvous are billed by the forecast itself.
  const { timeS, parts } = predictChannel(channel, operations, world, {
    lambdaUsdPerGbS: 0,
    s3UsdPerPut: priceOf(s3.putListRequests, 1),
    s3UsdPerGet: priceOf(s3.getRequests, 1),
    s3UsdPerList: priceOf(s3.putListRequests, 1),
    rendezvousUsdPerHour: 0,
  });
  return { collectivesS: timeS, requestsUsd: parts.callsUsd };
}
