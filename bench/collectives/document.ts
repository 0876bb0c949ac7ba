import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { comparisonPlot } from './comparisonPlot.js';
import { comparisonReport, comparisonSchema, plotsOf } from './comparisonReport.js';

// Writes a comparison into docs/collectives.md, between its two marks, and its plots beside it.
//
//   npx tsx bench/collectives/compare.ts --out results.json && npx tsx bench/collectives/document.ts results.json

const begin = '<!-- measured: begin -->';
const end = '<!-- measured: end -->';
const document = fileURLToPath(new URL('../../docs/collectives.md', import.meta.url));

const [source] = process.argv.slice(2);
if (!source) throw new Error('name the file that compare.ts has written by --out');
const comparison = comparisonSchema.parse(JSON.parse(await readFile(source, 'utf8')));
const text = await readFile(document, 'utf8');
const [from, to] = [text.indexOf(begin), text.indexOf(end)];
if (from < 0 || to < from) throw new Error(`${document} does not have the marks ${begin} and ${end}`);
const report = comparisonReport(comparison);
await writeFile(document, `${text.slice(0, from)}${begin}\n\n${report}\n\n${text.slice(to)}`);
for (const { operation, ranks, file } of plotsOf(comparison.rows)) {
  const path = fileURLToPath(new URL(`../../docs/${file}`, import.meta.url));
  await writeFile(path, `${comparisonPlot(comparison.rows, operation, ranks)}\n`);
}
