import Table, { type CellValue } from 'cli-table3';
import type { Colours } from './terminal.js';

export interface Column {
  readonly heading: string;
  readonly align?: 'left' | 'right';
}

const ruledBelowHeading = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '  ',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: '  ',
} as const;

/** A table without lines: headings dimmed, columns two blanks apart, an indent of two. */
export function table(columns: readonly Column[], rows: readonly (readonly CellValue[])[], colours: Colours): string {
  const drawn = new Table({
    head: columns.map(({ heading }) => colours.dim(heading)),
    colAligns: columns.map(({ align }) => align ?? 'left'),
    chars: ruledBelowHeading,
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0, compact: true },
  });
  drawn.push(...rows.map((row) => [...row]));
  return trimLines(drawn.toString());
}

/** Names and values under each other. */
export function facts(entries: readonly (readonly [name: string, value: string])[], colours: Colours): string {
  const width = Math.max(...entries.map(([name]) => name.length));
  return entries.map(([name, value]) => `  ${colours.dim(name.padEnd(width))}  ${value}`).join('\n');
}

const trimLines = (text: string): string => text.replaceAll(/[ ]+$/gm, '');
