import {
  type ChannelPrices,
  type ModelledChannel,
  type ModelledWorld,
  type OperationCount,
  pickChannel,
} from '../collectives/channelModel.js';
import { marginalUsdPerGbSecond, type RegionPrices, rendezvousInstanceType } from '../cost/prices.js';
import type { Payload } from '../run/payload.js';
import type { PlannedCollectives } from '../run/plan.js';
import { qualityVectorLength } from '../run/quality.js';
import type { Concurrency } from './concurrency.js';

/** What the choice of a channel depends on. */
export interface ChannelCircumstances {
  readonly worldSize: number;
  /** Whether the run is of one rank; false while nobody can know, because there are no partitions to count. */
  readonly alone: boolean;
  readonly maxConcurrency: number;
  readonly concurrency: Concurrency;
  /** Why the rendezvous cannot be used; undefined when it answers. */
  readonly rendezvousFault: string | undefined;
  /** Time until it answers, when it must be started; 0 where it runs. */
  readonly rendezvousStartS: number;
  /** Configured memory of a rank. */
  readonly executorMemoryMb: number;
  readonly prices: RegionPrices;
}

/** What the end of every run reduces: the statistics, the count of predictions that are not finite, and CPU seconds. */
const statisticsBytes = (qualityVectorLength + 2) * Float64Array.BYTES_PER_ELEMENT;

/** How long ranks are taken to be up, where nothing is known of their work. */
const assumedRunS = 60;

/**
 * Chooses how the ranks talk to each other. Ranks that cannot all be alive at once can never meet, and Lambda has no gang
 * scheduling: `auto` then does without collectives and says why, while an explicit wish is refused with the numbers.
 * Otherwise `auto` takes the channel that the model says is the quickest of those that can be used, or the cheapest where
 * the payload asks for that; without a rendezvous that is S3. A world of one is never refused: its collectives are its own
 * values, without a channel.
 */
export function chooseChannel(
  payload: Pick<Payload, 'collectives' | 'collectives_hint' | 'barrier'>,
  circumstances: ChannelCircumstances,
): PlannedCollectives | { faults: string[] } {
  const wish = payload.collectives;
  if (wish === 'none' && payload.barrier) {
    return { faults: ['barrier: a barrier needs collectives, but "collectives" is "none"; choose "relay" or "auto"'] };
  }
  if (wish === 'none') return { channel: 'none', reason: 'the payload asks for none' };
  if (circumstances.alone) return { channel: 'none', reason: 'one rank needs nobody to talk to' };
  const { rendezvousFault, rendezvousStartS } = circumstances;
  const obstacles = obstaclesToMeeting(circumstances);
  if (wish === 'relay' || wish === 'direct')
    obstacles.push(...(rendezvousFault === undefined ? [] : [rendezvousFault]));
  if (obstacles.length === 0) {
    if (wish === 'auto') return bestByModel(payload, circumstances);
    const meeting = meetingWords(wish, rendezvousStartS);
    return { channel: wish, reason: `the payload asks for it, all ranks fit at once and ${meeting}` };
  }
  if (wish !== 'auto' || payload.barrier) {
    return { faults: obstacles.map((obstacle) => `${payload.barrier ? 'barrier' : 'collectives'}: ${obstacle}`) };
  }
  return { channel: 'none', reason: obstacles.join('; ') };
}

function meetingWords(wish: 'relay' | 'direct' | 'storage', rendezvousStartS: number): string {
  if (wish === 'storage') return 'they meet in S3';
  return rendezvousStartS > 0 ? 'the host of the rendezvous is started for them' : 'the rendezvous answers';
}

function bestByModel(
  { barrier, collectives_hint: hint = 'fast' }: Pick<Payload, 'barrier' | 'collectives_hint'>,
  { worldSize, executorMemoryMb, prices, rendezvousFault, rendezvousStartS }: ChannelCircumstances,
): PlannedCollectives {
  const operations: OperationCount[] = [{ operation: 'allreduce', bytes: statisticsBytes, count: 1 }];
  if (barrier) operations.push({ operation: 'barrier', bytes: 0, count: 1 });
  const candidates: ModelledChannel[] = rendezvousFault === undefined ? ['relay', 'direct', 'storage'] : ['storage'];
  const world: ModelledWorld = { worldSize, memoryMb: executorMemoryMb, runS: assumedRunS, rendezvousStartS };
  const { channel, reason } = pickChannel(hint, candidates, operations, world, channelPrices(prices));
  return { channel, reason: rendezvousFault === undefined ? reason : `${rendezvousFault}; ${reason}` };
}

function channelPrices({ lambda, s3, ec2 }: RegionPrices): ChannelPrices {
  const each = ({ usd, per }: { usd: number; per: number }) => usd / per;
  return {
    lambdaUsdPerGbS: marginalUsdPerGbSecond(lambda.compute.x86_64, 0),
    s3UsdPerPut: each(s3.putListRequests),
    s3UsdPerGet: each(s3.getRequests),
    s3UsdPerList: each(s3.putListRequests),
    rendezvousUsdPerHour: each(ec2.instanceHours[rendezvousInstanceType]) + each(ec2.publicIpv4Hours),
  };
}

function obstaclesToMeeting({ worldSize, maxConcurrency, concurrency }: ChannelCircumstances): string[] {
  const obstacles: string[] = [];
  if (worldSize > concurrency.free) {
    obstacles.push(
      `${worldSize} ranks can never all be alive at once, because ${concurrency.limit} is ${concurrency.free}; raise it, or use fewer ranks`,
    );
  }
  if (worldSize > maxConcurrency) {
    obstacles.push(`${worldSize} ranks can never all be alive at once with "max_concurrency" ${maxConcurrency}`);
  }
  return obstacles;
}
