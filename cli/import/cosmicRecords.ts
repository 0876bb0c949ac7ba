import { z } from 'zod';
import type { Rates } from '../../run/comparedRun.js';

/** What is read of a record of `combined_data.json`: CosmicAI's keys, and ours beside them where Muster wrote it. */
const recordSchema = z.looseObject({
  'total_cpu_time (seconds)': z.number().positive(),
  throughput_bps: z.number().min(0),
  sample_persec: z.number().min(0),
  result_path: z.string(),
  data_path: z.string(),
  muster: z.looseObject({ runId: z.string(), rank: z.int().min(0), worldSize: z.int().min(1) }).optional(),
});
export type CosmicRecord = z.infer<typeof recordSchema>;

export const recordsSchema = z.array(recordSchema).min(1);

const total = (records: readonly CosmicRecord[], figure: (record: CosmicRecord) => number): number =>
  records.reduce((sum, record) => sum + figure(record), 0);

const cpuTimeS = (record: CosmicRecord): number => record['total_cpu_time (seconds)'];

/** Figures over records. Bytes and samples are not in them, but follow from the rates, which are by CPU time. */
export function totalsOf(records: readonly CosmicRecord[]): {
  readonly cpuTimeS: number;
  readonly samples: number;
  readonly bytes: number;
  readonly sumOverRanks: Rates;
} {
  return {
    cpuTimeS: total(records, cpuTimeS),
    samples: total(records, (record) => Math.round(record.sample_persec * cpuTimeS(record))),
    bytes: total(records, (record) => Math.round((record.throughput_bps * cpuTimeS(record)) / 8)),
    sumOverRanks: {
      bitsPerSecond: total(records, ({ throughput_bps }) => throughput_bps),
      samplesPerSecond: total(records, ({ sample_persec }) => sample_persec),
    },
  };
}
