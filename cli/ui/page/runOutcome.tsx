import { bytes, count, duration, figure, percent, plural, usd } from '../../terminal/quantities.js';
import type { RunView, SummaryView } from '../wire.js';
import { DataTable, Figures } from './parts.js';

/** What a run came to: its figures, the ranks that it lost, and its bill. */
export function RunOutcome({ run, summary }: { run: RunView; summary: SummaryView }) {
  const { bill, ranks, rankTimes, throughput, quality } = summary;
  const found = `${bill.measured ? 'measured' : 'partly estimated'}, ${bill.reportLines.found} of ${bill.reportLines.expected} REPORT lines`;
  return (
    <>
      <Figures
        items={[
          ['Time', run.endedAtMs === null ? undefined : duration(run.endedAtMs - run.startedAtMs)],
          ['Cost', usd(bill.totalUsd), found],
          ['Ranks', `${count(ranks.succeeded)} of ${count(ranks.expected)}`, plural(summary.partitions, 'partition')],
          ['Samples', count(summary.samples), bytes(summary.bytes)],
          ['Samples per second', throughput ? figure(throughput.wall.samplesPerSecond) : undefined, 'wall time'],
          [
            'Rank time',
            rankTimes ? duration(rankTimes.p50Ms) : undefined,
            rankTimes ? `median; slowest ${duration(rankTimes.maxMs)}` : undefined,
          ],
          ...(quality
            ? ([['Mean absolute error', figure(quality.mae), `${percent(quality.outlierFraction)} outliers`]] as const)
            : []),
        ]}
      />
      {ranks.failed.length > 0 && (
        <section>
          <h2>Ranks that failed</h2>
          <DataTable
            caption="Ranks that failed, and why"
            headings={['Rank', 'Attempts #', 'Cause']}
            rows={ranks.failed.map(({ rank, attempts, cause }) => [rank, attempts, <span class="cause">{cause}</span>])}
          />
        </section>
      )}
      <details>
        <summary>
          Bill: {usd(bill.totalUsd)} in {plural(bill.lines.length, 'line')}
        </summary>
        <DataTable
          caption={`Bill, prices of ${bill.region} as of ${bill.pricesAsOf}`}
          headings={['What', 'Quantity #', 'Unit', 'USD #', 'Known by']}
          rows={bill.lines.map(({ description, quantity, unit, usd: dollars, basis }) => [
            description,
            figure(quantity),
            unit,
            usd(dollars),
            <span class={basis}>{basis}</span>,
          ])}
        />
      </details>
    </>
  );
}
