import { type ComparedRow, ratioOf } from './comparisonRecord.js';

/** What a cell shows of one contender, beside those of the same case. */
type Cell = (row: ComparedRow, openMpi: ComparedRow | undefined) => string;

/** The mean time of the ranks, and in brackets its ratio to OpenMPI's. */
export function timeTable(rows: readonly ComparedRow[]): string {
  return table(rows, (row, openMpi) => {
    if (row.operation === 'bandwidth') return `${figure(row.mbPerS ?? 0)} MB/s`;
    const ratio = row.channel === 'openmpi' ? undefined : ratioOf(row, openMpi);
    return ratio === undefined ? timeText(row.avgUs) : `${timeText(row.avgUs)} (${ratio.toFixed(2)}x)`;
  });
}

/** The form of the OSU micro-benchmarks: mean, least and most over the ranks, microseconds. */
export function osuTable(rows: readonly ComparedRow[]): string {
  return table(rows, ({ avgUs, minUs, maxUs }) => [avgUs, minUs, maxUs].map(figure).join(' / '));
}

/** nccl-tests' bus bandwidth, MB/s; `undefined` when no row has one. */
export function busTable(rows: readonly ComparedRow[]): string | undefined {
  const withBus = rows.filter(({ busMbPerS }) => busMbPerS !== undefined);
  return withBus.length === 0 ? undefined : table(withBus, ({ busMbPerS = 0 }) => figure(busMbPerS));
}

/** A Markdown table: a line for each case, a column for each contender. */
function table(rows: readonly ComparedRow[], cell: Cell): string {
  const contenders = [...new Set(rows.map(({ channel }) => channel))];
  const cases = new Map<string, Map<string, ComparedRow>>();
  for (const row of rows) {
    const name = `${row.operation}|${row.ranks}|${row.bytes}`;
    cases.set(name, (cases.get(name) ?? new Map()).set(row.channel, row));
  }
  const lines = [
    `| operation | ranks | size | ${contenders.join(' | ')} |`,
    `| --- | ---: | ---: | ${contenders.map(() => '---:').join(' | ')} |`,
  ];
  for (const byContender of cases.values()) {
    const [first] = byContender.values();
    if (!first) continue;
    const cells = contenders.map((contender) => {
      const row = byContender.get(contender);
      return row ? cell(row, byContender.get('openmpi')) : '';
    });
    lines.push(`| ${first.operation} | ${first.ranks} | ${sizeText(first.bytes)} | ${cells.join(' | ')} |`);
  }
  return lines.join('\n');
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
