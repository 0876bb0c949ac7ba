import { useCallback } from 'preact/hooks';
import { duration, figure } from '../../terminal/quantities.js';
import { compareRuns, payloadDifferences, rankTimeCurve, timeAt } from '../comparison.js';
import type { RunView } from '../wire.js';
import { baseOption, Chart, type ChartOption, type Ink } from './chart.js';
import { Alert, DataTable, Status } from './parts.js';
import { fragmentOf } from './route.js';
import { fetchRun } from './server.js';
import { useAsked } from './useAsked.js';

/** Two runs side by side. */
export function ComparePage({ left, right }: { left: string; right: string }) {
  const first = useAsked(left, (signal) => fetchRun(left, signal));
  const second = useAsked(right, (signal) => fetchRun(right, signal));
  return (
    <>
      <div class="title">
        <h1>Comparison</h1>
      </div>
      <Alert error={first.error} />
      <Alert error={second.error} />
      {first.value && second.value ? (
        <Compared left={first.value} right={second.value} />
      ) : (
        !first.error && !second.error && <p class="quiet">Reading both runs …</p>
      )}
    </>
  );
}

function Compared({ left, right }: { left: RunView; right: RunView }) {
  const draw = useCallback((ink: Ink) => timesOption(ink, left, right), [left, right]);
  const differences = payloadDifferences(left.payload, right.payload);
  const without = [left, right].filter(({ summary }) => !summary);
  return (
    <>
      <ul class="pair">
        {[left, right].map((run, index) => (
          <li key={run.runId} class={index === 0 ? 'first' : 'second'}>
            {index === 0 ? 'First: ' : 'Second: '}
            <a href={fragmentOf({ page: 'run', runId: run.runId })}>{run.runId}</a> <Status status={run.status} />
          </li>
        ))}
      </ul>
      {without.map(({ runId }) => (
        <p key={runId} class="quiet">
          {runId} has no summary, so its figures are missing.
        </p>
      ))}
      <section>
        <h2>Rank times</h2>
        <p class="quiet">The ranks of each run, quickest first: how many per cent of them took so long, or less.</p>
        <Chart label={`Rank times of ${left.runId} and ${right.runId}, overlaid`} height={280} draw={draw} />
        <details>
          <summary>Rank times as a table</summary>
          <DataTable
            caption="Time within which a share of the ranks was through"
            headings={['Share of the ranks', 'First #', 'Second #']}
            rows={shares.map((share) => [`${share} %`, timeText(left, share), timeText(right, share)])}
          />
        </details>
      </section>
      <section>
        <h2>Figures</h2>
        <DataTable
          caption="Figures of both runs, and the second over the first"
          headings={['Figure', 'First #', 'Second #', 'Ratio #']}
          rows={compareRuns(left, right).map((row) => [row.name, row.left ?? '–', row.right ?? '–', row.ratio ?? ''])}
        />
      </section>
      <section>
        <h2>Payloads</h2>
        {differences.length === 0 ? (
          <p class="quiet">Both payloads say the same.</p>
        ) : (
          <DataTable
            caption="Keys in which the payloads differ"
            headings={['Key', 'First', 'Second']}
            rows={differences.map((row) => [<code>{row.key}</code>, said(row.left), said(row.right)])}
          />
        )}
      </section>
    </>
  );
}

/** Of the table, in per cent. */
const shares = [0, 25, 50, 75, 90, 95, 99, 100];

function timeText({ summary }: RunView, share: number): string {
  const seconds = summary ? timeAt(rankTimeCurve(summary), share) : null;
  return seconds === null ? '–' : duration(seconds * 1000);
}

const said = (value: string | null) => (value === null ? '–' : <code>{value}</code>);

function timesOption(ink: Ink, left: RunView, right: RunView): ChartOption {
  const { axis, legend, tooltip } = baseOption(ink);
  return {
    grid: { left: 4, right: 16, top: 40, bottom: 4, containLabel: true },
    legend,
    tooltip: { ...tooltip, valueFormatter: (seconds) => `${figure(Number(seconds))} s` },
    xAxis: {
      ...axis,
      type: 'value',
      min: 0,
      max: 100,
      axisLabel: { ...axis.axisLabel, formatter: '{value} %' },
      axisPointer: { label: { formatter: ({ value }) => `${figure(Number(value))} % of the ranks` } },
    },
    yAxis: { ...axis, type: 'value', min: 0, axisLabel: { ...axis.axisLabel, formatter: '{value} s' } },
    series: [left, right].map((run, index) => ({
      name: run.runId,
      type: 'line',
      color: index === 0 ? ink.accent : ink.second,
      showSymbol: (run.summary?.rows.length ?? 0) <= 50,
      symbolSize: 5,
      lineStyle: { width: 2 },
      data: run.summary ? rankTimeCurve(run.summary).map(([share, seconds]) => [share, seconds]) : [],
    })),
  };
}
