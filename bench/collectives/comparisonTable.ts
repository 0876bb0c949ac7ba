import type { ComparedRow } from './comparison.js';

/** A Markdown table: a line for each case, a column for each contender, with the ratio to OpenMPI behind the time. */
export function comparisonTable(rows: readonly ComparedRow[]): string {
  const contenders = [...new Set(rows.map(({ channel }) => channel))];
  const cases = new Map<string, Map<string, ComparedRow>>();
  for (const row of rows) {
    const name = `${row.operation}|${row.ranks}|${row.bytes}`;
    cases.set(name, (cases.get(name) ?? new Map()).set(row.channel, row));
  }
  const lines = [
    `| operation | ranks | size | ${contenders.join(' | ')} |`,
    `| --- | --- | --- | ${contenders.map(() => '---:').join(' | ')} |`,
  ];
  for (const byContender of cases.values()) {
    const [first] = byContender.values();
    if (!first) continue;
    const cells = contenders.map((contender) => cell(byContender.get(contender)));
    lines.push(`| ${first.operation} | ${first.ranks} | ${sizeText(first.bytes)} | ${cells.join(' | ')} |`);
  }
  return lines.join('\n');
}

function cell(row: ComparedRow | undefined): string {
  if (!row) return '';
  if (row.operation === 'bandwidth' && row.mbPerS !== undefined) return `${figure(row.mbPerS)} MB/s`;
  const ratio = row.overOpenMpi === undefined ? '' : ` (${row.overOpenMpi.toFixed(2)}x)`;
  return `${timeText(row.avgUs)}${ratio}`;
}

function timeText(us: number): string {
  return us < 1000 ? `${figure(us)} us` : `${figure(us / 1000)} ms`;
}

const figure = (value: number): string => String(Number(value.toPrecision(3)));

export function sizeText(bytes: number): string {
  if (bytes === 0) return '-';
  if (bytes < 1024) return `${bytes} B`;
  return bytes < 1_048_576 ? `${figure(bytes / 1024)} KiB` : `${figure(bytes / 1_048_576)} MiB`;
}
