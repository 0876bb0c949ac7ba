import { ink } from './chart.js';
import { wideWidth } from './figure.js';
import { formatBitRate, formatSampleRate, formatTime, formatUsd } from './format.js';
import { html } from './html.js';
import type { ColorScheme } from './palette.js';
import { chartPanel, gridPanel, heading, legendPanel, type Panel, paragraph, stack } from './panel.js';
import { pictureOf } from './pictureFrame.js';
import type { ReportInput } from './renderReport.js';
import { barrierWait } from './sections/barrier.js';
import { headlineFigures } from './sections/headline.js';
import { memory } from './sections/memory.js';
import { densitySize, predictionDrawings } from './sections/predictions.js';
import { barLegend, drawRanksInStages, queueSentence, timelineRows } from './sections/ranks.js';
import { s3Times } from './sections/s3.js';
import type { SpreadFinding } from './sections/spreadSection.js';
import { rankTimes } from './sections/times.js';
import { drawSpread, spreadHeight } from './spreadChart.js';
import { drawStages, stageChartHeight } from './stageChart.js';
import { stageTotalsOf } from './stageTotals.js';
import { barColor, stageColor } from './style.js';
import { svgText } from './svgText.js';
import { trackRanks } from './timeline.js';
import { drawTimeline, timelineHeight } from './timelineChart.js';

const activitySize = { width: wideWidth, height: 260 };

/**
 * Draws the report of a run as one SVG picture of its figures and charts, in one colour scheme. It needs nothing but a
 * font; the same input gives the same text. Tables of ranks and the payload are in the page alone.
 */
export function renderPicture(input: ReportInput, scheme: ColorScheme): string {
  const findings = [rankTimes, s3Times, memory, barrierWait].map((find) => find(input.summary));
  const content = stack(
    [
      titlePanel(input),
      ...timelinePanels(input),
      ...findings.flatMap((finding) => (finding ? [spreadPanel(finding)] : [])),
      ...stagePanels(input),
      ...throughputPanels(input),
      ...predictionPanels(input),
      billPanel(input),
      versionsPanel(input),
    ],
    44,
  );
  return pictureOf(`${input.summary.runId} - Muster run report`, content, scheme);
}

function titlePanel({ summary }: ReportInput): Panel {
  const succeeded = summary.status === 'SUCCEEDED';
  const figures = headlineFigures(summary);
  const columnWidth = wideWidth / 4;
  const figuresTop = 112;
  const markup = html`${svgText(0, 28, summary.runId, { size: 28, fill: ink.text, bold: true })}
${svgText(0, 58, succeeded ? 'Succeeded' : 'Failed', { size: 14, fill: succeeded ? 'var(--good)' : ink.bad, bold: true })}
${svgText(0, 80, `${summary.resultPrefix}, ${formatTime(summary.startedAtMs)}`, { size: 13, fill: ink.muted })}
${figures.map(({ name, value }, index) => {
  const x = (index % 4) * columnWidth;
  const y = figuresTop + Math.floor(index / 4) * 66;
  return html`${svgText(x, y + 13, name, { size: 13, fill: ink.muted })}${svgText(x, y + 40, value, { size: 22, fill: ink.text, bold: true })}`;
})}`;
  return { height: figuresTop + Math.ceil(figures.length / 4) * 66 - 20, markup };
}

function timelinePanels({ summary, spans = [], attempts = [] }: ReportInput): Panel[] {
  const tracks = trackRanks(summary, spans, attempts);
  if (tracks.rows.length === 0) return [];
  const rows = timelineRows(summary, tracks);
  const activity = drawRanksInStages(tracks, activitySize);
  const size = { width: wideWidth, height: timelineHeight(rows.length) };
  return [
    stack(
      [
        heading('Timeline'),
        paragraph(
          `What each rank was doing, from the start of the run to its last rank's end.${queueSentence(tracks)}`,
        ),
        legendPanel(barLegend(rows)),
        ...(activity ? [chartPanel(activitySize, [{ x: 0, chart: activity }])] : []),
        chartPanel(size, [{ x: 0, chart: drawTimeline(size, rows, tracks.totalMs, barColor) }]),
      ],
      8,
    ),
  ];
}

function spreadPanel({ title, lead, spread }: SpreadFinding): Panel {
  const size = { width: wideWidth, height: spreadHeight(spread) };
  const chart = chartPanel(size, [{ x: 0, chart: drawSpread(size, spread) }]);
  return stack([heading(title), paragraph(lead), chart], 8);
}

function stagePanels({ summary }: ReportInput): Panel[] {
  const totals = stageTotalsOf(summary.rows);
  if (totals.length === 0) return [];
  const size = { width: wideWidth, height: stageChartHeight(totals.length) };
  return [
    stack(
      [
        heading('Stages'),
        paragraph('Mean time of a rank in each stage, with a tick at the longest.'),
        chartPanel(size, [{ x: 0, chart: drawStages(size, totals, stageColor) }]),
      ],
      8,
    ),
  ];
}

function throughputPanels({ summary: { throughput } }: ReportInput): Panel[] {
  if (throughput === null) return [];
  const rows = (
    [
      ['By wall time', throughput.wall],
      ['Sum over ranks of data / CPU time', throughput.sumOverRanks],
    ] as const
  ).map(([name, rates]) => [name, formatSampleRate(rates.samplesPerSecond), formatBitRate(rates.bitsPerSecond)]);
  return [stack([heading('Throughput'), gridPanel(rows, [520, 200, 200])], 8)];
}

function predictionPanels({ pairs }: ReportInput): Panel[] {
  const drawings = pairs && predictionDrawings(pairs);
  if (!drawings) return [];
  const charts = [drawings.against, drawings.residuals].map((draw, index) => ({
    x: index * (wideWidth - densitySize.width),
    chart: draw(densitySize),
  }));
  return [stack([heading('Predictions'), chartPanel(densitySize, charts), paragraph(drawings.caption)], 8)];
}

function billPanel({ summary: { bill } }: ReportInput): Panel {
  const rows = [
    ...bill.lines.map(({ description, usd, basis }) => [description, basis, formatUsd(usd)]),
    ['Total', bill.measured ? 'measured' : 'mixed', formatUsd(bill.totalUsd)],
  ];
  const about = `${bill.region}, ${bill.architecture}, list prices of ${bill.pricesAsOf}; ${bill.reportLines.found} of ${bill.reportLines.expected} REPORT lines were found.`;
  return stack([heading('Bill'), paragraph(about), gridPanel(rows, [620, 150, 150])], 8);
}

function versionsPanel({ versions }: ReportInput): Panel {
  const text = Object.entries(versions)
    .map(([name, version]) => `${name} ${version}`)
    .join(', ');
  return paragraph(text === '' ? 'The versions were not recorded.' : text);
}
