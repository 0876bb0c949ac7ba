import type { Command, Expression, SortKey } from './ast.js';
import { evaluate } from './evaluate.js';
import { Grouping, type Row } from './grouping.js';
import { type LocatedEvent, LogRecord } from './logRecord.js';
import { maxResults } from './queryParser.js';
import { compareValues, isTrue, textOf } from './values.js';

/** One field of a result. */
export interface ResultField {
  readonly field: string;
  readonly value: string;
}

/** Commands that look at one record at a time. */
type RecordCommand = Command & { readonly type: 'fields' | 'display' | 'filter' | 'parse' };
type StatsCommand = Command & { readonly type: 'stats' };

/**
 * Runs the commands of a query over events. Events pass the first commands one by one; only what a later command
 * needs of all of them at once is kept.
 */
export class Pipeline {
  readonly #first: readonly RecordCommand[];
  readonly #rest: readonly Command[];
  readonly #grouping: Grouping | undefined;
  readonly #rows: LogRecord[] = [];
  readonly #columns: readonly string[];
  readonly #limit: number;
  #matched = 0;

  /** @param limit most results, beside what the query says. */
  constructor(commands: readonly Command[], limit = maxResults) {
    const end = commands.findIndex((command) => !isRecordCommand(command));
    const first = end < 0 ? commands : commands.slice(0, end);
    const rest = end < 0 ? [] : commands.slice(end);
    const stats = rest[0];
    this.#first = first.filter(isRecordCommand);
    this.#grouping = stats && isStats(stats) ? new Grouping(stats.items, stats.by) : undefined;
    this.#rest = this.#grouping ? rest.slice(1) : rest;
    this.#columns = columnsOf(commands);
    this.#limit = Math.min(limit, maxResults);
  }

  /** Events that passed every filter before anything else happened to them. */
  get matched(): number {
    return this.#matched;
  }

  add(event: LocatedEvent): void {
    const record = new LogRecord(event);
    for (const command of this.#first) if (!applyToRecord(command, record)) return;
    this.#matched++;
    if (this.#grouping) this.#grouping.add(record);
    else this.#rows.push(record);
  }

  /** The results, once all events have been added; the latest events first unless the query sorts. */
  results(): ResultField[][] {
    let rows: Row[] = this.#grouping?.rows() ?? this.#rows.sort((a, b) => b.timestampMs - a.timestampMs);
    for (const command of this.#rest) rows = applyToAll(command, rows);
    return rows.slice(0, this.#limit).map((row) =>
      this.#columns.flatMap((field) => {
        const value = row.field(field);
        return value === undefined ? [] : [{ field, value: textOf(value) }];
      }),
    );
  }
}

function isRecordCommand(command: Command): command is RecordCommand {
  return ['fields', 'display', 'filter', 'parse'].includes(command.type);
}

function isStats(command: Command): command is StatsCommand {
  return command.type === 'stats';
}

/** @returns whether the record goes on. */
function applyToRecord(command: RecordCommand, row: Row): boolean {
  switch (command.type) {
    case 'filter':
      return isTrue(evaluate(command.condition, row));
    case 'fields':
    case 'display':
      for (const { expression, name } of command.items)
        if (expression.type !== 'field' || expression.name !== name) row.add(name, evaluate(expression, row));
      return true;
    case 'parse': {
      const source = evaluate(command.source, row);
      const groups = source === undefined ? undefined : command.pattern.expression.exec(textOf(source))?.groups;
      if (groups) for (const { group, field } of command.pattern.fields) row.add(field, groups[group]);
      return true;
    }
  }
}

function applyToAll(command: Command, rows: Row[]): Row[] {
  switch (command.type) {
    case 'stats': {
      const grouping = new Grouping(command.items, command.by);
      for (const row of rows) grouping.add(row);
      return grouping.rows();
    }
    case 'sort':
      return sorted(rows, command.keys);
    case 'limit':
      return rows.slice(0, command.count);
    case 'dedup':
      return firstOfEach(rows, command.keys);
    default:
      return rows.filter((row) => applyToRecord(command, row));
  }
}

function sorted(rows: readonly Row[], keys: readonly SortKey[]): Row[] {
  const keyed = rows.map((row) => ({ row, values: keys.map(({ expression }) => evaluate(expression, row)) }));
  keyed.sort((a, b) => {
    for (const [n, { descending }] of keys.entries()) {
      const order = compareValues(a.values[n], b.values[n]);
      if (order !== 0) return descending ? -order : order;
    }
    return 0;
  });
  return keyed.map(({ row }) => row);
}

/** Records in which one of the fields is missing have no duplicates. */
function firstOfEach(rows: readonly Row[], keys: readonly Expression[]): Row[] {
  const seen = new Set<string>();
  return rows.filter((row) => {
    const values = keys.map((key) => evaluate(key, row));
    if (values.includes(undefined)) return true;
    const id = JSON.stringify(values.map((value) => (value === undefined ? null : textOf(value))));
    if (seen.has(id)) return false;
    seen.add(id);
    return true;
  });
}

/** The fields of the results: of the last `display`, else of the last `stats` and the `fields` after it. */
function columnsOf(commands: readonly Command[]): string[] {
  const display = commands.findLast((command) => command.type === 'display');
  const stats = commands.findLast(isStats);
  const pointer = stats ? [] : ['@ptr'];
  if (display?.type === 'display') return unique([...display.items.map(({ name }) => name), ...pointer]);
  const after = stats ? commands.slice(commands.indexOf(stats) + 1) : commands;
  const shown = after.flatMap((command) => (command.type === 'fields' ? command.items.map(({ name }) => name) : []));
  if (stats) return unique([...stats.by.map(({ name }) => name), ...stats.items.map(({ name }) => name), ...shown]);
  return unique([...(shown.length > 0 ? shown : ['@timestamp', '@message']), ...pointer]);
}

function unique(names: readonly string[]): string[] {
  return [...new Set(names)];
}
