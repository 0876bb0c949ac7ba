import type { Stage } from '../run/metrics.js';
import { customProperties, palettes } from './palette.js';
import type { BarKind } from './timeline.js';

/** Colour of a stage, as a CSS variable of the page. */
export const stageColor = (stage: Stage): string => `var(--${stage})`;

/** Colour of a bar of the timeline. */
export function barColor(kind: BarKind): string {
  if (kind === 'waiting') return 'var(--rule)';
  if (kind === 'failedAttempt') return 'var(--bad)';
  return kind === 'working' ? 'var(--accent)' : stageColor(kind);
}

/** The page's style: light and dark by the reader's preference, one column on a phone. */
export const stylesheet = `
:root {
  color-scheme: light dark;
  ${customProperties(palettes.light)}
}
@media (prefers-color-scheme: dark) {
  :root {
    ${customProperties(palettes.dark)}
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body {
  margin: 0; background: var(--page); color: var(--text);
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Noto Sans", sans-serif;
}
main { max-width: 1000px; margin: 0 auto; padding: 56px 40px 80px; }
h1, h2, h3 { line-height: 1.2; text-wrap: balance; margin: 0; font-weight: 650; letter-spacing: -0.012em; }
h1 { font-size: clamp(26px, 4.4vw, 38px); overflow-wrap: anywhere; }
h2 { font-size: 22px; margin-bottom: 6px; }
h3 { font-size: 16px; margin: 28px 0 4px; }
p { margin: 0 0 12px; max-width: 70ch; }
.lead, figcaption, caption, .note { color: var(--muted); }
.lead { margin-bottom: 20px; }
.note, figcaption { font-size: 14px; }
.note { margin-top: 12px; }
.eyebrow { color: var(--muted); font-size: 13px; letter-spacing: 0.08em; text-transform: uppercase; margin-bottom: 10px; }
.status { display: inline-block; font-size: 14px; font-weight: 600; margin: 14px 0 6px; }
.status::before { content: ""; display: inline-block; width: 9px; height: 9px; border-radius: 50%; background: currentColor; margin-right: 8px; }
.ok { color: var(--good); } .failed { color: var(--bad); }
.where { color: var(--muted); font-size: 14px; overflow-wrap: anywhere; margin: 0; }
.headline { display: grid; grid-template-columns: repeat(4, 1fr); gap: 28px 32px; margin: 40px 0 0; padding: 28px 0; border: solid var(--rule); border-width: 1px 0; }
.headline div { min-width: 0; }
.headline dt { color: var(--muted); font-size: 13px; }
.headline dd { margin: 2px 0 0; font-size: 26px; font-weight: 600; letter-spacing: -0.015em; line-height: 1.2; font-variant-numeric: tabular-nums; }
.headline dd small { display: block; font-size: 13px; font-weight: 400; letter-spacing: 0; color: var(--muted); margin-top: 3px; line-height: 1.4; }
.measures { display: grid; grid-template-columns: repeat(auto-fill, minmax(150px, 1fr)); gap: 18px 32px; margin: 28px 0 0; }
.measures dt { color: var(--muted); font-size: 13px; }
.measures dd { margin: 0; font-size: 18px; font-weight: 600; font-variant-numeric: tabular-nums; }
section { margin-top: 64px; }
figure { margin: 0; }
figcaption { margin-top: 8px; max-width: 75ch; }
.chart svg { display: block; width: 100%; height: auto; overflow: visible; }
.chart text { font-size: 12px; font-variant-numeric: tabular-nums; }
.narrow { display: none; }
.pair { display: grid; grid-template-columns: 1fr 1fr; gap: 28px; }
.legend { list-style: none; display: flex; flex-wrap: wrap; gap: 4px 18px; padding: 0; margin: 10px 0 14px; font-size: 14px; color: var(--muted); }
.legend i { display: inline-block; width: 11px; height: 11px; border-radius: 2px; margin-right: 7px; vertical-align: -1px; }
.scroll { overflow-x: auto; margin-top: 8px; }
details table { width: auto; }
details .scroll { max-height: 560px; overflow-y: auto; }
section > .scroll caption { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
.scroll:focus-visible, summary:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
table { border-collapse: collapse; width: 100%; font-size: 14px; font-variant-numeric: tabular-nums; }
caption { text-align: left; font-size: 13px; padding-bottom: 6px; }
th, td { text-align: left; padding: 7px 18px 7px 0; border-bottom: 1px solid var(--rule); vertical-align: top; }
th { font-weight: 500; font-size: 13px; color: var(--muted); white-space: nowrap; }
thead th { position: sticky; top: 0; background: var(--page); }
td.n, th.n { text-align: right; white-space: nowrap; }
th:last-child, td:last-child { padding-right: 0; }
td small { display: block; color: var(--muted); font-size: 13px; }
details { margin-top: 14px; font-size: 14px; }
summary { cursor: pointer; color: var(--muted); width: fit-content; }
summary:hover { color: var(--text); }
dl.facts { display: grid; grid-template-columns: max-content 1fr; gap: 6px 24px; margin: 8px 0 0; font-size: 15px; }
dl.facts dt { color: var(--muted); } dl.facts dd { margin: 0; overflow-wrap: anywhere; font-variant-numeric: tabular-nums; }
pre { margin: 8px 0 0; padding: 16px 18px; background: var(--panel); border: 1px solid var(--rule); border-radius: 8px; overflow-x: auto; font: 13px/1.55 ui-monospace, "SF Mono", Menlo, Consolas, monospace; }
code { font: 0.92em ui-monospace, "SF Mono", Menlo, Consolas, monospace; overflow-wrap: anywhere; }
.measured { color: var(--good); } .estimated { color: var(--note); }
.cause { overflow-wrap: anywhere; white-space: pre-wrap; }
@media (max-width: 720px) {
  main { padding: 32px 16px 56px; }
  .headline { grid-template-columns: 1fr 1fr; gap: 22px 20px; margin-top: 28px; padding: 22px 0; }
  .headline dd { font-size: 22px; }
  .pair { grid-template-columns: 1fr; }
  .wide { display: none; } .narrow { display: block; max-width: 520px; }
  section { margin-top: 48px; }
  th, td { padding-right: 10px; }
  td small { min-width: 8.5em; }
  dl.facts { grid-template-columns: 1fr; gap: 0; } dl.facts dd { margin-bottom: 10px; }
}
@media print { details { display: none; } main { padding: 0; } section { break-inside: avoid; } }
`;
