/** A figure of the model, and where it comes from. */
export interface Constant {
  readonly value: number;
  readonly unit: string;
  readonly source: string;
}

/** Everything that the forecast assumes about Lambda, Step Functions and the program. */
export interface ForecastConstants {
  /** Executors that Lambda starts anew for one function in every ten seconds. */
  readonly newExecutorsPerTenS: Constant;
  /** Start of an executor's process, the code loaded. */
  readonly coldStartS: Constant;
  /** What a program does at every attempt before its data, beside reading its model. */
  readonly programStartS: Constant;
  /** Memory that comes with one vCPU. */
  readonly memoryMbPerVcpu: Constant;
  readonly maxVcpus: Constant;
  /** What one executor reads from S3, at one vCPU and above; below, in proportion to the memory. */
  readonly downloadBytesPerS: Constant;
  /** What one vCPU infers. */
  readonly samplesPerVcpuS: Constant;
  /** Share of the shorter of download and inference that happens while the longer one goes on. */
  readonly overlap: Constant;
  /** One call of S3 for a small object. */
  readonly s3CallS: Constant;
  /** Standard deviation of the logarithm of a rank's working time. */
  readonly stragglerSigma: Constant;
  /** Share of attempts at a rank that fail, after part of their work. */
  readonly attemptFailureShare: Constant;
  /** Until a failed rank is tried again. */
  readonly retryDelayS: Constant;
  /** Deviation of the logarithm of the wall time about what the model says: how unsure it is itself. */
  readonly modelError: Constant;
  /** One step from a state to the next, the call of a function included. */
  readonly stateStepS: Constant;
  /** Aggregate's work for one rank. */
  readonly aggregateRankS: Constant;
  /** Until CloudWatch has the REPORT lines that the bill waits for. */
  readonly reportLagS: Constant;
  /** What one invocation writes to its log. */
  readonly logBytesPerInvocation: Constant;
}

export type ConstantName = keyof ForecastConstants;

/** What to reckon with where no run was measured. */
export const defaultConstants: ForecastConstants = {
  newExecutorsPerTenS: {
    value: 1_000,
    unit: 'executors in 10 s',
    source:
      'AWS Lambda Developer Guide, "Lambda scaling behavior": 1,000 environments every 10 seconds for each function',
  },
  coldStartS: {
    value: 0.7,
    unit: 's',
    source:
      "Init Duration in the log of CosmicAI's executor: 664 ms at 10,240 MB; that of Muster on AWS is not measured yet",
  },
  programStartS: { value: 0, unit: 's', source: 'the built-in inference does nothing but read its model' },
  memoryMbPerVcpu: {
    value: 1_769,
    unit: 'MB',
    source: 'AWS Lambda Developer Guide, "Configure Lambda function memory"',
  },
  maxVcpus: { value: 6, unit: 'vCPUs', source: 'AWS Lambda Developer Guide, "Configure Lambda function memory"' },
  downloadBytesPerS: {
    value: 75e6,
    unit: 'bytes/s',
    source:
      'assumed: 600 Mbit/s a function, near what is published for steady reads (Mueller et al., "Lambada", SIGMOD 2020)',
  },
  samplesPerVcpuS: {
    value: 700,
    unit: 'samples/s',
    source:
      'the bundled redshift model in `muster demo`: 696 samples for each second of CPU time of a rank; another model is measured by --from',
  },
  overlap: { value: 1, unit: '', source: 'an executor infers a batch while later bytes of the partition come in' },
  s3CallS: {
    value: 0.1,
    unit: 's',
    source: 'Amazon S3 User Guide, "Optimizing Amazon S3 performance": 100-200 ms for small objects',
  },
  stragglerSigma: {
    value: 0.25,
    unit: '',
    source: "CPU times of CosmicAI's 25 MB runs: median of the deviations of twelve runs, 1,810 executors, 0.24",
  },
  attemptFailureShare: { value: 0, unit: '', source: 'assumed: no attempt fails; --failure-share says otherwise' },
  retryDelayS: { value: 1.5, unit: 's', source: 'mean of the first back-off in statemachine/inference.asl.json' },
  modelError: { value: 0.3, unit: '', source: 'assumed: no pilot run was compared; --from measures it' },
  stateStepS: {
    value: 0.1,
    unit: 's',
    source: 'assumed: tens of milliseconds a transition and the call of a warm function',
  },
  aggregateRankS: {
    value: 0.006,
    unit: 's',
    source: 'assumed: two to four GETs a rank, 32 side by side, at the time of an S3 call',
  },
  reportLagS: {
    value: 10,
    unit: 's',
    source: 'assumed: Logs Insights sees lines some seconds after they were written',
  },
  logBytesPerInvocation: {
    value: 1_000,
    unit: 'bytes',
    source: 'START, END and REPORT lines and a line of the rank, as Lambda writes them in text',
  },
};

/** A function's share of vCPUs. */
export function vcpusOf(memoryMb: number, { memoryMbPerVcpu, maxVcpus }: ForecastConstants): number {
  return Math.min(maxVcpus.value, memoryMb / memoryMbPerVcpu.value);
}
