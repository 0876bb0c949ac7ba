/** What a sweep can vary, in the order in which tables have them. */
export const factorNames = [
  'architecture',
  'memory_mb',
  'channel',
  'partition_mb',
  'data_gb',
  'samples',
  'batch_size',
  'world_size',
  'failure_rate',
] as const;
export type FactorName = (typeof factorNames)[number];

/** The values of one point, by factor. */
export type Factors = { readonly [name in FactorName]?: number | string };

const words: Readonly<Record<FactorName, { readonly title: string; readonly unit: string }>> = {
  architecture: { title: 'Architecture', unit: '' },
  memory_mb: { title: 'Memory', unit: 'MB' },
  channel: { title: 'Channel', unit: '' },
  partition_mb: { title: 'Partition size', unit: 'MB' },
  data_gb: { title: 'Data', unit: 'GB' },
  samples: { title: 'Samples', unit: 'samples' },
  batch_size: { title: 'Batch size', unit: 'samples' },
  world_size: { title: 'Ranks', unit: '' },
  failure_rate: { title: 'Failure rate', unit: '' },
};

/** `Partition size (MB)`, as axes and columns name it. */
export function factorTitle(name: FactorName): string {
  const { title, unit } = words[name];
  return unit === '' || unit === 'samples' ? title : `${title} (${unit})`;
}

/** `25 MB partitions`: one value in a legend. */
export function factorWords(name: FactorName, value: number | string): string {
  const text = typeof value === 'number' ? value.toLocaleString('en-US', { maximumFractionDigits: 6 }) : value;
  switch (name) {
    case 'partition_mb':
      return `${text} MB partitions`;
    case 'data_gb':
      return `${text} GB`;
    case 'memory_mb':
      return `${text} MB memory`;
    case 'samples':
      return `${text} samples`;
    case 'batch_size':
      return `batches of ${text}`;
    case 'world_size':
      return value === 1 ? '1 rank' : `${text} ranks`;
    case 'failure_rate':
      return `${Number(value) * 100} % killed`;
    default:
      return text;
  }
}

/** Every factor of a point but some: `25 MB partitions, batches of 64`; empty when nothing is left. */
export const factorsWords = (factors: Factors, without: readonly FactorName[] = []): string =>
  factorNames
    .filter((name) => !without.includes(name))
    .flatMap((name) => {
      const value = factors[name];
      return value === undefined ? [] : [factorWords(name, value)];
    })
    .join(', ');
