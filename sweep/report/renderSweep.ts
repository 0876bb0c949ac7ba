import { section } from '../../report/figure.js';
import { html, trusted } from '../../report/html.js';
import { stylesheet } from '../../report/style.js';
import type { FactorName } from '../factors.js';
import { measuredPoints } from '../measuredPoint.js';
import type { SweepResult } from '../sweepResult.js';
import { allPoints, failedRuns, headline, pareto, stageBreakdown } from './overview.js';
import { resilience, scaling } from './scalingSection.js';
import { batchSize, dataSize, otherFactor, partitionSize } from './sections.js';

/** Factors without figures of their own. */
const others: readonly FactorName[] = ['memory_mb', 'channel', 'architecture'];

/**
 * Renders a sweep as one self-contained HTML page in the style of the report of a run: no network, no script, light and
 * dark. Runs that failed are listed and appear in no figure.
 */
export function renderSweep(result: SweepResult): string {
  const { sweep, rows } = result;
  const points = measuredPoints(rows);
  const kind = sweep.scaling ?? ((sweep.vary.world_size?.length ?? 0) > 1 ? 'strong' : undefined);
  const figures =
    points.length === 0
      ? [html`<p class="note failed">No run succeeded; there is nothing to show.</p>`]
      : [
          dataSize(points, sweep.scaling),
          partitionSize(points),
          batchSize(points),
          kind === undefined ? null : scaling(points, kind),
          ...others.map((name) => otherFactor(points, name)),
          sweep.vary.failure_rate ? resilience(points) : null,
          stageBreakdown(points),
          pareto(points),
          allPoints(points),
        ];
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${sweep.name} - Muster sweep</title>
<style>${trusted(stylesheet)}</style>
</head>
<body>
<main>
${headline(result, points)}
${failedRuns(result)}
${figures}
${section('sweep-file', 'The sweep', html`<pre tabindex="0">${JSON.stringify(sweep, null, 2)}</pre>`)}
</main>
</body>
</html>
`;
  return page.toString();
}
