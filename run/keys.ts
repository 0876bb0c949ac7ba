/*
 * The S3 keys of one run. Everything lies under the run's result prefix (no trailing slash), so two runs share nothing.
 */

/** Rows of the plan that one shard object holds; an executor reads one shard, whatever the world size. */
export const rowsPerPlanShard = 100;

export const planKey = (resultPrefix: string): string => `${resultPrefix}/plan.json`;

/** The shard that holds a rank's row. */
export const planShardKey = (resultPrefix: string, rank: number): string =>
  `${resultPrefix}/plan/${Math.floor(rank / rowsPerPlanShard)}.json`;

/** A rank's metrics; there only when the rank has delivered everything else. */
export const metricsKey = (resultPrefix: string, rank: number): string => `${resultPrefix}/${rank}.json`;

/** The attempts of a rank: the newest generation owns the rank, older ones are fenced off. */
export const attemptsKey = (resultPrefix: string, rank: number): string => `${resultPrefix}/attempts/${rank}.json`;

/** Why a rank was given up. */
export const failureKey = (resultPrefix: string, rank: number): string => `${resultPrefix}/failures/${rank}.json`;

export const predictionsPrefix = (resultPrefix: string): string => `${resultPrefix}/predictions/`;

/** Predictions of one partition, in sample order. */
export const predictionsKey = (resultPrefix: string, partitionName: string, format: 'npy' | 'jsonl'): string =>
  `${predictionsPrefix(resultPrefix)}${partitionName}.${format}`;

/**
 * A further output of the model for one partition, in sample order. The output's name is one folder, whatever it is made
 * of, so that no two outputs and partitions share a key.
 */
export const furtherOutputKey = (resultPrefix: string, output: string, partitionName: string): string =>
  `${resultPrefix}/further_outputs/${folderName(output)}/${partitionName}.npy`;

/** Any text as the name of one folder; `.` and `..` would not be one. */
const folderName = (text: string): string =>
  encodeURIComponent(text).replace(/^\.+$/, (dots) => '%2E'.repeat(dots.length));

/** True values of one partition, in sample order, beside its predictions. */
export const labelsKey = (resultPrefix: string, partitionName: string): string =>
  `${resultPrefix}/labels/${partitionName}.npy`;

/** What a script of the user's saved by `saveResult`. */
export const outputKey = (resultPrefix: string, rank: number, name: string): string =>
  `${resultPrefix}/output/${rank}/${name}`;

/** Says to everybody who still works for the run that it was stopped. */
export const stoppedKey = (resultPrefix: string): string => `${resultPrefix}/stopped.json`;

/** Where the ranks of a run meet, while it goes on. */
export const rendezvousKey = (resultPrefix: string): string => `${resultPrefix}/rendezvous.json`;

/** Messages between ranks, while the run goes on and its collectives go through objects. */
export const channelPrefix = (resultPrefix: string): string => `${resultPrefix}/channel/`;

/** Tags of what nobody needs once its run has ended; the bucket of a stack removes them when nobody else has. */
export const scratchTags: Readonly<Record<string, string>> = { muster: 'scratch' };

export const combinedDataKey = (resultPrefix: string): string => `${resultPrefix}/combined_data.json`;
export const summaryKey = (resultPrefix: string): string => `${resultPrefix}/summary.json`;
export const reportKey = (resultPrefix: string): string => `${resultPrefix}/report.html`;

export const s3Uri = (bucket: string, key: string): string => `s3://${bucket}/${key}`;

/** Splits `s3://bucket/key`; undefined when it is not such a URI. The key may be empty. */
export function parseS3Uri(uri: string): { bucket: string; key: string } | undefined {
  const match = /^s3:\/\/([^/]+)(?:\/(.*))?$/s.exec(uri);
  return match ? { bucket: match[1], key: match[2] ?? '' } : undefined;
}

/** Endings of the partition formats that Muster reads, lower case. */
export const partitionEndings = ['.pt', '.pth', '.npy', '.npz', '.safetensors'] as const;

export const isPartitionKey = (key: string): boolean =>
  partitionEndings.some((ending) => key.toLowerCase().endsWith(ending));

/**
 * Names partitions after their keys: the path below the prefix without its ending (`100MB/1.pt` -> `1`); keys whose names
 * would be the same keep their ending, so that no two partitions share a name.
 */
export function partitionNames(keys: readonly string[], prefix: string): string[] {
  const paths = keys.map((key) => key.slice(key.startsWith(prefix) ? prefix.length : 0));
  const names = paths.map((path) => path.replace(/\.[^./]+$/, ''));
  // A path may equal another's name (`a.pt`, `a.npy`, `a.pt.npy`): repeated until no name changes.
  for (let changed = true; changed; ) {
    changed = false;
    const uses = new Map<string, number>();
    for (const name of names) uses.set(name, (uses.get(name) ?? 0) + 1);
    names.forEach((name, index) => {
      if (uses.get(name) === 1 || name === paths[index]) return;
      names[index] = paths[index];
      changed = true;
    });
  }
  return names;
}
