import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { comparisonPlot } from './comparisonPlot.js';
import { ComparisonRecord } from './comparisonRecord.js';
import { comparisonReport, measuredDocument, plotsOf } from './comparisonReport.js';

// Writes a comparison into docs/collectives.md, between its two marks, its plots into docs/images, and all of its figures
// into docs/collectives-measured.md.
//
//   npx tsx bench/collectives/document.ts bench/results/collectives.json

const begin = '<!-- measured: begin -->';
const end = '<!-- measured: end -->';
const documentFile = (name: string) => fileURLToPath(new URL(`../../docs/${name}`, import.meta.url));

const [source] = process.argv.slice(2);
if (!source) throw new Error('name the file that compare.ts has written by --out');
const record = await ComparisonRecord.read(source);
const document = documentFile('collectives.md');
const text = await readFile(document, 'utf8');
const [from, to] = [text.indexOf(begin), text.indexOf(end)];
if (from < 0 || to < from) throw new Error(`${document} does not have the marks ${begin} and ${end}`);
await writeFile(document, `${text.slice(0, from)}${begin}\n\n${comparisonReport(record)}\n\n${text.slice(to)}`);
await writeFile(documentFile('collectives-measured.md'), `${measuredDocument(record)}\n`);
for (const plot of plotsOf(record.rows)) {
  await writeFile(documentFile(plot.file), `${comparisonPlot(record.rows, plot)}\n`);
}
