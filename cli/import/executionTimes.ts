/** One execution, as CosmicAI writes them down by hand. */
export interface ExecutionTime {
  readonly partitionMb: number;
  readonly dataGb: number;
  readonly repetition: number;
  readonly worldSize: number;
  readonly durationMs: number;
}

const header = 'partition(MB),data(GB),run,num_worlds,duration';

/** `00:26.642`, `1:02:03`: hours where there are three parts, fractions of a second in any number of digits. */
function durationMsOf(text: string): number {
  const parts = text.trim().split(':');
  if (parts.length < 2 || parts.length > 3 || parts.some((part) => !/^\d+(\.\d+)?$/.test(part))) return Number.NaN;
  return Math.round(parts.reduce((total, part) => total * 60 + Number(part), 0) * 1000);
}

/**
 * Reads `total_execution_time.csv`.
 *
 * @returns the executions, and for each line that is none the number and what is wrong with it.
 */
export function parseExecutionTimes(text: string): { times: ExecutionTime[]; faults: string[] } {
  const [first, ...lines] = text.split(/\r?\n/);
  if (first.replaceAll(' ', '') !== header) return { times: [], faults: [`line 1: expected "${header}"`] };
  const times: ExecutionTime[] = [];
  const faults: string[] = [];
  lines.forEach((line, index) => {
    if (line.trim() === '') return;
    const cells = line.split(',');
    const [partitionMb, dataGb, repetition, worldSize] = cells.map(Number);
    const durationMs = durationMsOf(cells[4] ?? '');
    const figures = [partitionMb, dataGb, repetition, worldSize, durationMs];
    if (cells.length === 5 && figures.every((figure) => Number.isFinite(figure) && figure > 0)) {
      times.push({ partitionMb, dataGb, repetition, worldSize, durationMs });
    } else faults.push(`line ${index + 2}: expected four numbers and a duration such as 00:26.642, found "${line}"`);
  });
  return { times, faults };
}
