/** How CosmicAI names its experiments: `result-partition-25MB/12.6GB/3`. */
const pattern = /result-partition-(\d+(?:\.\d+)?)MB\/(\d+(?:\.\d+)?)GB\/(\d+)\/?$/;

/** An experiment and which of its repetitions. */
export interface Experiment {
  readonly partitionMb: number;
  readonly dataGb: number;
  readonly repetition: number;
}

/** Undefined when a path does not name an experiment. */
export function experimentOf(path: string): Experiment | undefined {
  const match = pattern.exec(path.replaceAll('\\', '/'));
  if (!match) return undefined;
  const [partitionMb, dataGb, repetition] = match.slice(1).map(Number);
  return { partitionMb, dataGb, repetition };
}
