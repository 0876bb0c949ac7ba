import type { Attempts } from '../run/metrics.js';
import type { Payload } from '../run/payload.js';
import type { RunSummary } from '../run/summary.js';
import { billPart } from './billParts.js';
import { html } from './html.js';
import { page } from './page.js';
import type { PredictionPairs } from './predictionGrid.js';
import { barrierWait } from './sections/barrier.js';
import { memory } from './sections/memory.js';
import { nonFiniteSamples, predictions } from './sections/predictions.js';
import { failedRanks, timeline } from './sections/ranks.js';
import { collectives, record } from './sections/record.js';
import { s3Times } from './sections/s3.js';
import { spreadSection } from './sections/spreadSection.js';
import { rankTimes, stageBreakdown, throughputs } from './sections/times.js';
import { type RankSpans, trackRanks } from './timeline.js';

/** What a report is made of. */
export interface ReportInput {
  readonly summary: RunSummary;
  /** Undefined when the run did not record it. */
  readonly payload: Payload | undefined;
  /** Predictions and true values of the same samples, in the same order. */
  readonly pairs?: PredictionPairs;
  /** Attempts at each rank, to show the ones that failed. */
  readonly attempts?: readonly Attempts[];
  /** Stages of each rank in time; without them the timeline shows only when a rank worked. */
  readonly spans?: readonly RankSpans[];
  /** Name to version: muster, node, onnxruntime, model, ... */
  readonly versions: Readonly<Record<string, string>>;
}

/**
 * Renders the report of a run as one self-contained HTML page: no network, no script, light and dark. All text is escaped;
 * the same input gives the same page. Under 2 MB for 1,000 ranks; above that, tables are cut and say so.
 */
export function renderReport(input: ReportInput): string {
  const { summary, payload, pairs, attempts = [], spans = [], versions } = input;
  const content = html`${billPart('headline', summary)}
${failedRanks(summary)}
${timeline(summary, trackRanks(summary, spans, attempts))}
${spreadSection(rankTimes(summary))}
${stageBreakdown(summary)}
${throughputs(summary)}
${spreadSection(s3Times(summary))}
${spreadSection(memory(summary))}
${spreadSection(barrierWait(summary))}
${predictions(summary, pairs)}
${nonFiniteSamples(summary)}
${billPart('bill', summary)}
${collectives(summary)}
${record(summary, payload, versions)}`;
  return page(`${summary.runId} - Muster run report`, content);
}
