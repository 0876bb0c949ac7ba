/*
 * What an operation costs over each channel, by the postal model: a message of m bytes takes `latency + m / bandwidth`.
 *
 * Cost formulas of collectives: R. Thakur, R. Rabenseifner, W. Gropp, "Optimization of Collective Communication Operations
 * in MPICH" (2005). The idea of choosing a channel by time and price: M. Copik et al., "FMI: Fast and Cheap Message
 * Passing for Serverless Functions" (2023).
 */

export const modelledChannels = ['direct', 'relay', 'storage'] as const;
export type ModelledChannel = (typeof modelledChannels)[number];

/** What matters more: the time, or the price. */
export type ChannelHint = 'fast' | 'cheap';

/** Operations that are told apart; those of one shape cost the same. */
export type ModelledOperation =
  | 'send'
  | 'barrier'
  | 'bcast'
  | 'reduce'
  | 'allreduce'
  | 'gather'
  | 'scatter'
  | 'allgather'
  | 'alltoall'
  | 'reduceScatter'
  | 'scan';

/** What the ranks are going to do. */
export interface OperationCount {
  readonly operation: ModelledOperation;
  /** Bytes that one rank brings (or, for bcast and scatter, gets). */
  readonly bytes: number;
  readonly count: number;
}

/** How fast a channel is. */
export interface ChannelSpeed {
  /** One way, for a message of no size. */
  readonly latencyS: number;
  /** One rank's, in one direction. */
  readonly bytesPerS: number;
  /** What all ranks share, where they share anything: a relay's throughput. */
  readonly sharedBytesPerS?: number;
  /** Until the group has met and can send. */
  readonly setUpS: number;
  /** Where the figures come from. */
  readonly source: string;
}

/**
 * Speeds to reckon with on AWS. Only orders of magnitude are trusted: a choice that hangs on less than that is a choice
 * between equals.
 */
export const channelSpeeds: Readonly<Record<ModelledChannel, ChannelSpeed>> = {
  direct: {
    latencyS: 150e-6,
    bytesPerS: 75e6,
    setUpS: 0.3,
    source:
      'assumed: 600 Mbit/s a function, half a round trip within a region above the 52 us measured on one machine; links of 127 pairs at once took 0.2-0.4 s',
  },
  relay: {
    latencyS: 350e-6,
    bytesPerS: 75e6,
    sharedBytesPerS: 500e6,
    setUpS: 0.1,
    source:
      'assumed: twice the way of a direct link; measured on one machine: 85 us one way, 500-700 MB/s through one server',
  },
  storage: {
    latencyS: 0.15,
    bytesPerS: 85e6,
    setUpS: 0.5,
    source:
      'Amazon S3 User Guide, "Optimizing Amazon S3 performance": 100-200 ms for small objects, 85-90 MB/s a connection; a message is a write and a read of about 50 ms and half a polling interval',
  },
};

/** List prices in USD. */
export interface ChannelPrices {
  readonly lambdaUsdPerGbS: number;
  readonly s3UsdPerPut: number;
  readonly s3UsdPerGet: number;
  readonly s3UsdPerList: number;
  /** Of the host of the rendezvous with its public address; 0 where one runs anyway. */
  readonly rendezvousUsdPerHour: number;
}

export interface ModelledWorld {
  readonly worldSize: number;
  /** Configured memory of a rank; waiting for messages is billed like computing. */
  readonly memoryMb: number;
  /** How long the ranks are up, of which they communicate for a part; the host and the heartbeats run for all of it. */
  readonly runS: number;
  /** Until the rendezvous answers, before any rank starts; nothing where it runs anyway. */
  readonly rendezvousStartS?: number;
}

export interface ChannelPrediction {
  readonly channel: ModelledChannel;
  /** Time that a rank spends in the operations and in meeting, and before it the start of the rendezvous. */
  readonly timeS: number;
  readonly usd: number;
  /** What `usd` consists of. */
  readonly parts: { readonly lambdaUsd: number; readonly hostUsd: number; readonly callsUsd: number };
}

/** A relay host is started for at least so long: EC2 bills a minute at least. */
const minHostS = 60;
/** Calls of one rank that keep its presence in S3 known, a second. */
const heartbeatsPerS = 1;
/** Looks for a message that is not there yet. */
const looksPerMessage = 4;

/** What the operations would take and cost over one channel. */
export function predictChannel(
  channel: ModelledChannel,
  operations: readonly OperationCount[],
  world: ModelledWorld,
  prices: ChannelPrices,
): ChannelPrediction {
  const speed = channelSpeeds[channel];
  let timeS = speed.setUpS;
  let messages = 0;
  for (const { operation, bytes, count } of operations) {
    const shape = shapeOf(operation, bytes, world.worldSize, channel);
    const aloneS = shape.steps * speed.latencyS + shape.bytesPerRank / speed.bytesPerS;
    const sharedS = speed.sharedBytesPerS ? shape.totalBytes / speed.sharedBytesPerS : 0;
    timeS += count * Math.max(aloneS, sharedS);
    messages += count * shape.messages;
  }
  const lambdaUsd = timeS * world.worldSize * (world.memoryMb / 1024) * prices.lambdaUsdPerGbS;
  const upS = Math.max(world.runS, timeS);
  const hostUsd = channel === 'storage' ? 0 : (Math.max(minHostS, upS) / 3600) * prices.rendezvousUsdPerHour;
  const callsUsd =
    channel === 'storage'
      ? messages * (prices.s3UsdPerPut + looksPerMessage * prices.s3UsdPerGet) +
        world.worldSize * (upS * heartbeatsPerS * prices.s3UsdPerPut + timeS * heartbeatsPerS * prices.s3UsdPerList)
      : 0;
  const startS = channel === 'storage' ? 0 : (world.rendezvousStartS ?? 0);
  return {
    channel,
    timeS: startS + timeS,
    usd: lambdaUsd + hostUsd + callsUsd,
    parts: { lambdaUsd, hostUsd, callsUsd },
  };
}

export interface ChannelChoice {
  readonly channel: ModelledChannel;
  /** For people: what was picked, and by which figures. */
  readonly reason: string;
  /** All that were weighed, the best first. */
  readonly predictions: readonly ChannelPrediction[];
}

/** Predictions closer than this are equals; then the first of `candidates` is taken. */
const sameWithin = 0.1;

/**
 * Picks the quickest or the cheapest channel.
 *
 * @param candidates - Those that can be used, the preferred first; at least one.
 */
export function pickChannel(
  hint: ChannelHint,
  candidates: readonly ModelledChannel[],
  operations: readonly OperationCount[],
  world: ModelledWorld,
  prices: ChannelPrices,
): ChannelChoice {
  const measure = ({ timeS, usd }: ChannelPrediction) => (hint === 'fast' ? timeS : usd);
  const predictions = candidates.map((channel) => predictChannel(channel, operations, world, prices));
  const least = Math.min(...predictions.map(measure));
  const best = predictions.find((prediction) => measure(prediction) <= least * (1 + sameWithin));
  if (!best) throw new RangeError('there is no channel to choose from');
  const others = predictions.filter((prediction) => prediction !== best).sort((a, b) => measure(a) - measure(b));
  const superlative = hint === 'fast' ? 'quickest' : 'cheapest';
  const reason =
    others.length === 0
      ? `${best.channel} is the only channel that can be used: about ${figures(best)}`
      : `${best.channel} is the ${superlative} by the model: about ${figures(best)}, against ${others
          .map((other) => `${figures(other)} over ${other.channel}`)
          .join(' and ')}`;
  return { channel: best.channel, reason, predictions: [best, ...others] };
}

const figures = ({ timeS, usd }: ChannelPrediction): string =>
  `${timeS < 1 ? `${Math.round(timeS * 1000)} ms` : `${timeS.toFixed(1)} s`} and ${usd.toPrecision(2)} USD`;

/** What an operation sends. */
interface OperationShape {
  /** Messages one after the other on the longest way. */
  readonly steps: number;
  /** Bytes that the busiest rank sends or receives. */
  readonly bytesPerRank: number;
  /** Bytes of all messages together. */
  readonly totalBytes: number;
  readonly messages: number;
}

function shapeOf(operation: ModelledOperation, bytes: number, n: number, channel: ModelledChannel): OperationShape {
  const levels = Math.ceil(Math.log2(n));
  const others = n - 1;
  switch (operation) {
    case 'send':
      return { steps: 1, bytesPerRank: bytes, totalBytes: bytes, messages: 1 };
    case 'barrier':
      // Counted in one place: by the server, or by rank 0 among the objects.
      return { steps: n > 1 ? 2 : 0, bytesPerRank: 0, totalBytes: 0, messages: n > 1 ? n + 1 : 0 };
    case 'bcast':
    case 'reduce':
      return { steps: levels, bytesPerRank: 2 * bytes, totalBytes: others * bytes, messages: others };
    case 'allreduce':
      // The relay's server sums; elsewhere a reduce-scatter and an allgather.
      return channel === 'relay'
        ? { steps: 2, bytesPerRank: 2 * bytes, totalBytes: 2 * n * bytes, messages: 2 * n }
        : {
            steps: 2 * levels,
            bytesPerRank: (4 * others * bytes) / n,
            totalBytes: 2 * others * bytes,
            messages: 2 * n * levels,
          };
    case 'gather':
    case 'scatter':
      return { steps: n > 1 ? 1 : 0, bytesPerRank: others * bytes, totalBytes: others * bytes, messages: others };
    case 'allgather':
      return {
        steps: levels,
        bytesPerRank: 2 * others * bytes,
        totalBytes: n * others * bytes,
        messages: n * levels,
      };
    case 'alltoall':
      return {
        steps: levels,
        bytesPerRank: 2 * others * bytes,
        totalBytes: n * others * bytes,
        messages: n * others,
      };
    case 'reduceScatter':
      return {
        steps: levels,
        bytesPerRank: (2 * others * bytes) / n,
        totalBytes: others * bytes,
        messages: n * levels,
      };
    case 'scan':
      return { steps: levels, bytesPerRank: levels * bytes, totalBytes: n * levels * bytes, messages: n * levels };
  }
}
