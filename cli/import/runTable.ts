import { formatBitRate, formatCount, formatDuration, formatFactor } from '../../report/format.js';
import type { ComparedRun } from '../../run/comparedRun.js';
import { table } from '../terminal/table.js';
import type { Colours } from '../terminal/terminal.js';

const figures = ['MB', 'GB', 'ranks', 'samples', 'time', 'by time', 'sum over ranks'];

/** Every run in a row; throughput in both definitions. */
export const runTable = (runs: readonly ComparedRun[], colours: Colours): string =>
  table(
    [
      { heading: 'system' },
      { heading: 'run' },
      ...figures.map((heading) => ({ heading, align: 'right' as const })),
      { heading: '' },
    ],
    runs.map((run) => [
      run.origin,
      run.runId,
      formatFactor(run.partitionMb),
      formatFactor(run.dataGb),
      run.ranks.expected === null ? run.ranks.succeeded : `${run.ranks.succeeded}/${run.ranks.expected}`,
      formatCount(run.samples),
      run.wallMs === null ? '-' : formatDuration(run.wallMs),
      run.overall === null ? '-' : formatBitRate(run.overall.bitsPerSecond),
      run.sumOverRanks === null ? '-' : formatBitRate(run.sumOverRanks.bitsPerSecond),
      run.faults.length === 0 ? '' : colours.red('incomplete'),
    ]),
    colours,
  );
