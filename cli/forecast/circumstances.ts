import { GetFunctionConfigurationCommand } from '@aws-sdk/client-lambda';
import type { RankWork } from '../../cost/forecast/rankTime.js';
import { type Architecture, parseArchitecture } from '../../cost/prices.js';
import { openPartition } from '../../data/index.js';
import { type Concurrency, executorConcurrency } from '../../job/concurrency.js';
import { findExecutorVersion } from '../../job/executorVersion.js';
import { listPartitions } from '../../job/partitionListing.js';
import { findProgram } from '../../job/programLookup.js';
import { dealPartitions } from '../../run/dealing.js';
import type { Payload } from '../../run/payload.js';
import type { PlannedPartition } from '../../run/plan.js';
import { ObjectStore } from '../../storage/objectStore.js';
import { S3ByteSource } from '../../storage/s3ByteSource.js';
import { functionNameOf, stackFunctions } from '../cloud/stackFunctions.js';
import type { Target } from '../cloud/target.js';
import { ExecutorFunction } from '../memory/executorFunction.js';
import { type Assumptions, assumedWork } from './assumedWork.js';

/** What a forecast is made for. */
export interface Circumstances {
  readonly ranks: readonly RankWork[];
  readonly modelBytes: number;
  readonly memoryMb: number;
  readonly ephemeralStorageMb: number;
  readonly architecture: Architecture;
  readonly region: string;
  readonly concurrency: Concurrency;
  /** Seconds that an attempt may take. */
  readonly timeoutS: number;
  /** Seconds until a host of the rendezvous that does not run answers. */
  readonly rendezvousStartS: number;
  /** Why the run cannot start, as far as could be looked up. */
  readonly faults: readonly string[];
}

/** The deployment of serverless.yml as it stands there, and an account as AWS gives it out. */
const assumed = { memoryMb: 1_769, ephemeralStorageMb: 512, timeoutS: 900, concurrency: 1_000, region: 'us-east-1' };
/** The model that comes with Muster. */
const bundledModelBytes = 1_652_874;
/** Assumed: an EC2 instance with Amazon Linux boots and installs nothing. */
const hostStartS = 45;

/** Without looking at anything. */
export function assumedCircumstances(
  payload: Payload,
  { concurrency, region = assumed.region, ...work }: Assumptions & { concurrency?: number; region?: string },
): Circumstances {
  const { ephemeralStorageMb, timeoutS } = assumed;
  const limit =
    concurrency === undefined ? 'the concurrency of an account by default' : 'the concurrency given by --concurrency';
  return {
    ranks: assumedWork(work),
    modelBytes: bundledModelBytes,
    memoryMb: payload.memory_mb ?? assumed.memoryMb,
    ephemeralStorageMb,
    architecture: 'x86_64',
    region,
    concurrency: { free: concurrency ?? assumed.concurrency, limit },
    timeoutS,
    rendezvousStartS: hostStartS,
    faults: [],
  };
}

/** As they are in a cloud: its data, its model, its executor and its limits. */
export async function lookUpCircumstances(
  payload: Payload,
  { clients, kind, region, stateMachineArn }: Target,
  concurrency: number | undefined,
): Promise<Circumstances> {
  const { lambda, s3, sfn } = clients;
  const store = new ObjectStore(s3);
  const functionName = functionNameOf((await stackFunctions(sfn, await stateMachineArn())).executor);
  const { deployedMemoryMb } = await new ExecutorFunction(lambda, { name: functionName, pollMs: 1_000 }).state();
  const memoryMb = payload.memory_mb ?? deployedMemoryMb;
  const [configuration, asked, executor, listing, program] = await Promise.all([
    lambda.send(new GetFunctionConfigurationCommand({ FunctionName: functionName })),
    executorConcurrency(lambda, functionName),
    findExecutorVersion(lambda, { functionName, deployedMemoryMb, memoryMb }),
    listPartitions(store, payload),
    findProgram(store, payload),
  ]);
  const partitions = 'partitions' in listing ? listing.partitions : [];
  return {
    ranks: await dealtWork(payload, partitions, store),
    modelBytes: 'faults' in program ? 0 : (program.model?.size ?? 0),
    memoryMb,
    ephemeralStorageMb: configuration.EphemeralStorage?.Size ?? assumed.ephemeralStorageMb,
    architecture: parseArchitecture(configuration.Architectures?.[0] ?? 'x86_64'),
    region,
    concurrency: concurrencyOf(asked, concurrency),
    timeoutS: configuration.Timeout ?? assumed.timeoutS,
    rendezvousStartS: kind === 'local' ? 0 : hostStartS,
    faults: [
      ...('fault' in listing && listing.fault !== undefined ? [listing.fault] : []),
      ...('faults' in program ? program.faults : []),
      ...('fault' in executor ? [executor.fault] : []),
      ...('fault' in asked && concurrency === undefined ? [asked.fault] : []),
    ],
  };
}

function concurrencyOf(asked: Concurrency | { fault: string }, given: number | undefined): Concurrency {
  if (given !== undefined) return { free: given, limit: 'the concurrency given by --concurrency' };
  // The run is refused for that, and not for a limit besides.
  return 'fault' in asked ? { free: Number.POSITIVE_INFINITY, limit: 'a limit that cannot be asked' } : asked;
}

/** Deals the partitions as Initialize does. The first one says how many bytes a sample has. */
async function dealtWork(
  payload: Payload,
  partitions: readonly PlannedPartition[],
  store: ObjectStore,
): Promise<RankWork[]> {
  const worldSize = payload.world_size ?? payload.file_limit ?? Math.max(1, partitions.length);
  const samplesPerByte = await densityOf(partitions[0], payload, store);
  return dealPartitions(partitions.length, worldSize).map(({ start, count }) => {
    const bytes = partitions.slice(start, start + count).reduce((sum, { size }) => sum + size, 0);
    return { partitions: count, bytes, samples: Math.round(bytes * samplesPerByte) };
  });
}

async function densityOf(first: PlannedPartition | undefined, payload: Payload, store: ObjectStore): Promise<number> {
  if (!first || first.size === 0) return 0;
  const source = new S3ByteSource(store, payload.data_bucket ?? payload.bucket, first);
  return (await openPartition(source)).sampleCount / first.size;
}
