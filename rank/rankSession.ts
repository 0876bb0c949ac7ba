import { openPartition } from '../data/index.js';
import type { InferenceSession } from '../models/inferenceSession.js';
import { s3Uri } from '../run/keys.js';
import type { PartitionRecord, Stage } from '../run/metrics.js';
import type { Plan, PlanRow } from '../run/plan.js';
import { addQualitySums, emptyQualitySums } from '../run/quality.js';
import type { ObjectStore } from '../storage/objectStore.js';
import { S3ByteSource } from '../storage/s3ByteSource.js';
import type { AttemptDeadline } from './attemptDeadline.js';
import type { PartitionResult, RankContext, RankLogger, RankPartition } from './context.js';
import { FencedOffError, NoModelError } from './errors.js';
import type { GroupLink } from './groupLink.js';
import type { ModelCache } from './modelCache.js';
import type { RankOwnership } from './ownership.js';
import type { PartitionMemory } from './partitionMemory.js';
import { predictionFiles } from './predictionFiles.js';
import { resultJson } from './resultJson.js';
import { RunStorage } from './runStorage.js';
import type { StageRecorder } from './stageRecorder.js';
import type { StopWatch } from './stopWatch.js';
import { TimedByteSource } from './timedByteSource.js';
import { untilAborted } from './untilAborted.js';
import type { RankStatistics } from './worldStatistics.js';

/** Samples without a finite prediction that a partition's record names one by one. */
const namedNonFiniteSamples = 20;

export interface RankSessionParts {
  readonly plan: Plan;
  readonly row: PlanRow;
  readonly generation: number;
  readonly store: ObjectStore;
  readonly models: ModelCache;
  readonly memory: PartitionMemory;
  readonly recorder: StageRecorder;
  readonly ownership: RankOwnership;
  readonly stopWatch: StopWatch;
  readonly group: GroupLink;
  readonly deadline: AttemptDeadline;
  readonly logger: RankLogger;
}

/** One attempt at a rank's work: the context that its script sees, and what has come of it so far. */
export class RankSession implements RankContext {
  readonly runId: string;
  readonly rank: number;
  readonly worldSize: number;
  readonly generation: number;
  readonly payload: RankContext['payload'];
  readonly params: RankContext['params'];
  readonly seed: number;
  readonly partitions: readonly RankPartition[];
  readonly communicator: RankContext['communicator'];
  readonly s3: RunStorage;
  readonly logger: RankLogger;
  readonly memory: PartitionMemory;
  readonly deadline: Date;
  readonly signal: AbortSignal;
  readonly records: PartitionRecord[] = [];
  readonly outputs: string[] = [];
  batches = 0;
  readonly #parts: RankSessionParts;

  constructor(parts: RankSessionParts) {
    const { plan, row, generation, store, group, deadline, logger } = parts;
    this.#parts = parts;
    this.runId = plan.runId;
    this.rank = row.rank;
    this.worldSize = plan.worldSize;
    this.generation = generation;
    this.payload = plan.payload;
    this.params = plan.payload.params;
    this.seed = plan.payload.seed;
    this.partitions = row.partitions.map((planned) => ({
      name: planned.name,
      key: planned.key,
      size: planned.size,
      open: () => {
        const source = new TimedByteSource(new S3ByteSource(store, plan.dataBucket, planned), parts.recorder);
        return parts.recorder.measure('decode', () => openPartition(source, { signal: deadline.signal }));
      },
    }));
    this.communicator = group.communicator;
    this.s3 = new RunStorage(store, plan, row.rank);
    this.logger = logger;
    this.memory = parts.memory;
    this.memory.beginAttempt();
    this.deadline = deadline.deadline;
    this.signal = deadline.signal;
  }

  openModel(): Promise<InferenceSession> {
    const { plan, models, store, recorder } = this.#parts;
    if (plan.model === null) return Promise.reject(new NoModelError(this.rank));
    const { model } = plan;
    return untilAborted(this.signal, () => models.open(store, plan.bucket, model, recorder));
  }

  measure<T>(stage: Stage, work: () => Promise<T>): Promise<T> {
    return this.#parts.recorder.measure(stage, work);
  }

  async finishPartition(partition: RankPartition, result: PartitionResult): Promise<void> {
    const { plan, store } = this.#parts;
    const { files, ...keys } = await predictionFiles(
      plan.resultPrefix,
      partition.name,
      this.payload.predictions,
      result,
    );
    await this.measure('upload', async () => {
      await this.#mayWrite();
      const { signal } = this;
      await Promise.all(
        files.map(({ key, body, contentType }) => store.put(plan.bucket, key, body, { contentType, signal })),
      );
    });
    const nonFinite = result.nonFiniteSamples ?? [];
    this.batches += result.batches;
    this.records.push({
      name: partition.name,
      key: partition.key,
      samples: result.samples,
      bytes: partition.size,
      ...keys,
      quality: result.quality ?? emptyQualitySums,
      nonFinite: { count: nonFinite.length, firstSamples: nonFinite.slice(0, namedNonFiniteSamples) },
    });
    if (nonFinite.length > 0) {
      this.logger.warn(`${partition.key}: ${nonFinite.length} samples have no finite prediction.`, {
        samples: nonFinite.slice(0, namedNonFiniteSamples),
      });
    }
    const stopped = await this.#parts.stopWatch.look();
    if (stopped) this.#parts.deadline.abort(stopped);
  }

  async saveResult(name: string, value: unknown): Promise<string> {
    const isRaw = value instanceof Uint8Array || typeof value === 'string';
    const body = isRaw ? value : resultJson(name, value);
    const key = await this.measure('upload', async () => {
      await this.#mayWrite();
      return this.s3.write(name, body, isRaw ? undefined : 'application/json');
    });
    this.outputs.push(key);
    return s3Uri(this.#parts.plan.bucket, key);
  }

  /** @throws FencedOffError, after which the attempt is over, or why it was over already. */
  async #mayWrite(): Promise<void> {
    this.signal.throwIfAborted();
    try {
      await this.#parts.ownership.verify();
    } catch (error) {
      if (error instanceof FencedOffError) this.#parts.deadline.abort(error);
      throw error;
    }
  }

  statistics(cpuTimeS: number): RankStatistics {
    return {
      quality: addQualitySums(this.records.map(({ quality }) => quality)),
      nonFinite: this.records.reduce((sum, { nonFinite }) => sum + nonFinite.count, 0),
      cpuTimeS,
    };
  }
}
