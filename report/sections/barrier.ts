import type { RunSummary } from '../../run/summary.js';
import { quantile } from '../distribution.js';
import { formatDuration } from '../format.js';
import type { SpreadFinding } from './spreadSection.js';

/** How long ranks stood at the barrier, and which of them the others waited for. */
export function barrierWait({ rows }: RunSummary): SpreadFinding | undefined {
  const values = rows.flatMap(({ rank, barrierWaitMs }) =>
    barrierWaitMs === null ? [] : [{ rank, value: barrierWaitMs }],
  );
  if (values.length === 0) return undefined;
  const sorted = values.map(({ value }) => value).sort((left, right) => left - right);
  const meanMs = sorted.reduce((sum, value) => sum + value, 0) / sorted.length;
  const last = values.reduce((left, right) => (right.value < left.value ? right : left));
  const first = values.reduce((left, right) => (right.value > left.value ? right : left));
  return {
    id: 'barrier',
    title: 'Barrier wait',
    lead: `Ranks waited ${formatDuration(meanMs)} at the barrier on average, rank ${first.rank} the longest: ${formatDuration(first.value)}. Rank ${last.rank} waited least, ${formatDuration(last.value)}: the others waited for it.`,
    caption: 'From when a rank had its model loaded and asked to pass until all ranks had come.',
    column: 'Wait',
    spread: {
      label: `Barrier wait of ${values.length} ranks`,
      values,
      format: formatDuration,
      reference: { name: 'median', value: quantile(sorted, 0.5) },
      fromZero: true,
      standsOutAbove: Number.POSITIVE_INFINITY,
    },
  };
}
