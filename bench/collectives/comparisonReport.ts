import { z } from 'zod';
import type { ComparedRow } from './comparison.js';
import { comparisonTable, sizeText } from './comparisonTable.js';
import { contenderNames } from './contenders.js';
import { goalOutcomes } from './goals.js';

const figure = z.number().positive();

/** What `compare.ts --out` writes. */
export const comparisonSchema = z.object({
  machine: z.object({
    date: z.iso.datetime(),
    cpu: z.string(),
    cores: z.int().min(1),
    node: z.string(),
    others: z.array(z.string()),
    loadBefore: z.number(),
    loadAfter: z.number(),
    command: z.string(),
  }),
  rounds: z.int().min(1),
  rows: z.array(
    z.object({
      channel: z.enum(contenderNames),
      ranks: z.int().min(1),
      operation: z.string(),
      bytes: z.int().min(0),
      iterations: z.int().min(1),
      avgUs: figure,
      minUs: figure,
      maxUs: figure,
      mbPerS: figure.optional(),
      busMbPerS: figure.optional(),
      overOpenMpi: figure.optional(),
    }),
  ),
});
export type Comparison = z.infer<typeof comparisonSchema>;

/** Operations and numbers of ranks of which there is a plot, and its file beside the document. */
export function plotsOf(rows: readonly ComparedRow[]): { operation: string; ranks: number; file: string }[] {
  return ['allreduce', 'bcast'].flatMap((operation) => {
    const ranks = rows.some((row) => row.operation === operation && row.ranks === 4) ? 4 : undefined;
    return ranks === undefined ? [] : [{ operation, ranks, file: `collectives-${operation}-${ranks}.svg` }];
  });
}

/** The part of docs/collectives.md that is written from a measurement. */
export function comparisonReport({ machine, rounds, rows }: Comparison): string {
  const plots = plotsOf(rows).map(({ operation, ranks, file }) => `![${operation}, ${ranks} ranks](${file})`);
  return [
    `Measured on ${machine.date.slice(0, 10)} by`,
    '',
    '```sh',
    machine.command,
    '```',
    '',
    `on ${machine.cores} cores (${machine.cpu}), ${[`Node ${machine.node}`, ...machine.others].join(', ')}; load average of the`,
    `machine ${machine.loadBefore.toFixed(1)} before and ${machine.loadAfter.toFixed(1)} after. ${loadRemark(machine)} Each figure is the median of`,
    `${rounds} rounds in which the contenders took turns; in brackets, the median of the ratios to OpenMPI in the same round.`,
    'OpenMPI spins while it waits, so with more ranks than cores its own figures suffer from it.',
    '',
    ...plots,
    '',
    comparisonTable(rows),
    '',
    '### Goals',
    '',
    '| goal | size | wanted | measured | |',
    '| --- | --- | ---: | ---: | --- |',
    ...goalOutcomes(rows).map(
      ({ goal, bytes, ratio, isMet }) =>
        `| ${goal.operation}, ${goal.ranks} ranks, ${goal.of} over ${goal.over} | ${sizeText(bytes)} | <= ${goal.atMost} | ${ratio.toFixed(2)} | ${isMet ? 'met' : 'missed'} |`,
    ),
  ].join('\n');
}

function loadRemark({ cores, loadBefore, loadAfter }: Comparison['machine']): string {
  if (Math.max(loadBefore, loadAfter) <= cores) return 'Nothing else ran.';
  return 'Other work ran beside it, so the figures are too high and scatter widely; only the ratios of one case mean something.';
}
