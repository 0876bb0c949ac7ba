import { availableParallelism, cpus, totalmem } from 'node:os';
import type { CollectiveRecord, PartitionRecord, RankMetrics } from '../run/metrics.js';
import type { Plan, PlanRow } from '../run/plan.js';
import type { CallLog } from '../storage/callLog.js';
import type { Invocation } from './invocation.js';
import { type StageRecorder, spansPerStage } from './stageRecorder.js';

export interface MetricsInput {
  readonly plan: Plan;
  readonly row: PlanRow;
  readonly generation: number;
  readonly invocation: Invocation;
  readonly recorder: StageRecorder;
  readonly calls: CallLog;
  /** S3 calls of the messages between ranks, which are billed but say nothing of how fast data was read. */
  readonly channelCalls: CallLog;
  readonly partitions: readonly PartitionRecord[];
  readonly batches: number;
  readonly outputs: readonly string[];
  readonly collective: CollectiveRecord;
  readonly cpuTimeS: number;
  readonly peakRssMb: number;
  readonly endedAtMs: number;
}

/** Assembles `<rank>.json`: the CosmicAI keys, and ours under `muster`. */
export function rankMetrics(input: MetricsInput): RankMetrics {
  const { plan, row, invocation, recorder, calls, channelCalls, partitions, batches, cpuTimeS, peakRssMb } = input;
  const samples = partitions.reduce((sum, partition) => sum + partition.samples, 0);
  const bytes = partitions.reduce((sum, partition) => sum + partition.bytes, 0);
  const perCpuSecond = (quantity: number) => (cpuTimeS > 0 ? quantity / cpuTimeS : 0);
  const s3 = calls.statistics();
  const stageMs = recorder.totalsMs();
  return {
    'total_cpu_time (seconds)': cpuTimeS,
    'total_cpu_memory (MB)': peakRssMb,
    'execution_time (seconds/batch)': batches > 0 ? cpuTimeS / batches : 0,
    num_batches: batches,
    batch_size: plan.payload.batch_size,
    device: 'cpu',
    throughput_bps: perCpuSecond(bytes * 8),
    sample_persec: perCpuSecond(samples),
    result_path: plan.resultPrefix,
    data_path: row.partitions.map(({ key }) => key).join(','),
    s3_num_requests: s3.requests,
    s3_total_time: s3.totalS,
    s3_avg_time: s3.averageS,
    s3_min_time: s3.minS,
    s3_max_time: s3.maxS,
    s3_first_request_time: s3.firstRequestS,
    s3_last_response_time: s3.lastResponseS,
    cpu_info: `${cpus()[0]?.model ?? 'unknown'} x ${availableParallelism()}`,
    'ram_info (GB)': totalmem() / 1024 ** 3,
    avg_profile: Object.fromEntries(Object.entries(stageMs).map(([stage, ms]) => [stage, ms / 1000])),
    'self_cpu_memory (MB)': process.memoryUsage.rss() / 1024 ** 2,
    muster: {
      version: 1,
      runId: plan.runId,
      rank: row.rank,
      worldSize: plan.worldSize,
      generation: input.generation,
      requestId: invocation.requestId,
      logGroup: invocation.logGroup,
      logStream: invocation.logStream,
      coldStart: invocation.coldStart,
      memoryMb: invocation.memoryMb,
      architecture: invocation.architecture,
      startedAtMs: invocation.startedAtMs,
      endedAtMs: input.endedAtMs,
      stageMs,
      spans: recorder.spans(spansPerStage(plan.worldSize)),
      cpuTimeS,
      peakRssMb,
      batches,
      samples,
      bytes,
      s3: billedCalls(calls, channelCalls),
      partitions: [...partitions],
      collective: input.collective,
      outputs: [...input.outputs],
    },
  };
}

function billedCalls(...logs: readonly CallLog[]): RankMetrics['muster']['s3'] {
  const total = (figure: (log: CallLog) => number) => logs.reduce((sum, log) => sum + figure(log), 0);
  return {
    get: total(({ counts }) => counts.get),
    put: total(({ counts }) => counts.put),
    list: total(({ counts }) => counts.list),
    head: total(({ counts }) => counts.head),
    bytesRead: total(({ bytesRead }) => bytesRead),
    bytesWritten: total(({ bytesWritten }) => bytesWritten),
  };
}
