import { useCallback } from 'preact/hooks';
import { count, duration, plural } from '../../terminal/quantities.js';
import { activityCurve } from '../activityCurve.js';
import type { RankView, RunView } from '../wire.js';
import { baseOption, Chart, type ChartOption, type Ink } from './chart.js';
import { DataTable } from './parts.js';

/** Of a wider world, the curve alone is shown. */
const mostCells = 1_000;

/** Ranks by their state: as a field, over time, and in a table. */
export function RankPanel({
  ranks,
  worldSize,
  run,
  ended,
}: {
  ranks: ReadonlyMap<number, RankView>;
  worldSize: number;
  run: RunView;
  ended: boolean;
}) {
  const states = Array.from({ length: worldSize }, (_, rank) => ranks.get(rank)?.state ?? 'waiting');
  const numberOf = (state: string) => states.filter((each) => each === state).length;
  const legend = (['waiting', 'running', 'done', 'failed'] as const).map((state) => [state, numberOf(state)] as const);
  const { startedAtMs, endedAtMs } = run;
  const draw = useCallback(
    (ink: Ink) => curveOption(ink, ranks, startedAtMs, ended ? (endedAtMs ?? 0) : Date.now(), worldSize),
    [ranks, startedAtMs, endedAtMs, ended, worldSize],
  );
  return (
    <section>
      <h2>Ranks</h2>
      <ul class="legend">
        {legend.map(([state, amount]) => (
          <li key={state}>
            <i class={`cell ${state}`} /> {count(amount)} {state}
          </li>
        ))}
      </ul>
      {worldSize <= mostCells && (
        <div
          class="cells"
          role="img"
          aria-label={`${plural(worldSize, 'rank')}: ${legend.map(([state, amount]) => `${amount} ${state}`).join(', ')}`}
        >
          {states.map((state, rank) => (
            <i key={rank} class={`cell ${state}`} title={`rank ${rank}: ${state}`} />
          ))}
        </div>
      )}
      <Chart label="Ranks by their state over time" height={180} draw={draw} />
      <details>
        <summary>Ranks as a table</summary>
        <DataTable
          caption="Ranks, their state and their time"
          headings={['Rank', 'State', 'Began after #', 'Took #']}
          rows={[...ranks.values()]
            .sort((left, right) => left.rank - right.rank)
            .map((rank) => [
              rank.rank,
              rank.state,
              duration(Math.max(0, rank.startedAtMs - startedAtMs)),
              rank.endedAtMs === null ? '–' : duration(Math.max(0, rank.endedAtMs - rank.startedAtMs)),
            ])}
        />
      </details>
    </section>
  );
}

function curveOption(
  ink: Ink,
  ranks: ReadonlyMap<number, RankView>,
  originMs: number,
  untilMs: number,
  worldSize: number,
): ChartOption {
  const { axis, tooltip } = baseOption(ink);
  const points = activityCurve(ranks.values(), originMs, untilMs);
  const series = [
    ['done', ink.good],
    ['running', ink.accent],
    ['failed', ink.bad],
  ] as const;
  const shown = series.filter(([name]) => points.some((point) => point[name] > 0));
  return {
    grid: { left: 4, right: 12, top: 8, bottom: 4, containLabel: true },
    tooltip,
    xAxis: {
      ...axis,
      type: 'value',
      min: 0,
      max: points[points.length - 1].atMs,
      axisLabel: { ...axis.axisLabel, showMaxLabel: false, formatter: (ms: number) => duration(ms) },
      axisPointer: { label: { formatter: ({ value }) => duration(Number(value)) } },
    },
    yAxis: { ...axis, type: 'value', min: 0, max: worldSize, minInterval: 1 },
    series: shown.map(([name, color]) => ({
      name,
      type: 'line',
      stack: 'ranks',
      step: 'end',
      showSymbol: false,
      color,
      lineStyle: { width: 0 },
      areaStyle: { opacity: 0.75 },
      data: points.map((point) => [point.atMs, point[name]]),
    })),
  };
}
