import { type Aggregate, aggregateNames, createAggregate } from './aggregates.js';
import { children, type Expression, type NamedExpression } from './ast.js';
import { evaluate, type Scope } from './evaluate.js';
import { textOf, type Value } from './values.js';

/** A record of the pipe: an event, or a group that `stats` has made. */
export interface Row extends Scope {
  /** Time of the event; of a group, 0. */
  readonly timestampMs: number;
  /** Gives a field a value, unless that value is nothing. */
  add(name: string, value: Value): void;
}

/** One group of `stats`: the values of its keys and of its results. */
export class GroupRow implements Row {
  readonly timestampMs = 0;
  readonly #values: Map<string, Value>;

  constructor(values: Iterable<readonly [string, Value]>) {
    this.#values = new Map(values);
  }

  field(name: string): Value {
    return this.#values.get(name);
  }

  add(name: string, value: Value): void {
    if (value !== undefined) this.#values.set(name, value);
  }
}

interface Group {
  readonly keys: readonly Value[];
  readonly aggregates: ReadonlyMap<Expression, Aggregate>;
}

type AggregateCall = Expression & { readonly type: 'call' };

/** Gathers records into groups and computes the results of `stats` for each. */
export class Grouping {
  readonly #items: readonly NamedExpression[];
  readonly #by: readonly NamedExpression[];
  readonly #calls: readonly AggregateCall[];
  readonly #groups = new Map<string, Group>();

  constructor(items: readonly NamedExpression[], by: readonly NamedExpression[]) {
    this.#items = items;
    this.#by = by;
    this.#calls = items.flatMap(({ expression }) => aggregateCalls(expression));
    if (by.length === 0) this.#groups.set('[]', this.#newGroup([]));
  }

  add(row: Row): void {
    const keys = this.#by.map(({ expression }) => evaluate(expression, row));
    const id = JSON.stringify(keys.map((key) => (key === undefined ? null : textOf(key))));
    const group = this.#groups.get(id) ?? this.#newGroup(keys);
    this.#groups.set(id, group);
    for (const [call, aggregate] of group.aggregates)
      aggregate.add(
        children(call).map((parameter) => evaluate(parameter, row)),
        row.timestampMs,
      );
  }

  /** The groups, in the order in which they came up. */
  rows(): GroupRow[] {
    return [...this.#groups.values()].map(({ keys, aggregates }) => {
      const row = new GroupRow(this.#by.map(({ name }, n) => [name, keys[n]] as const));
      const scope: Scope = { field: (name) => row.field(name), aggregate: (call) => aggregates.get(call)?.result() };
      for (const { expression, name } of this.#items) row.add(name, evaluate(expression, scope));
      return row;
    });
  }

  #newGroup(keys: readonly Value[]): Group {
    return {
      keys,
      aggregates: new Map(this.#calls.map((call) => [call, createAggregate(call.name, call.parameters.length)])),
    };
  }
}

function aggregateCalls(expression: Expression): AggregateCall[] {
  if (expression.type === 'call' && aggregateNames.has(expression.name)) return [expression];
  return children(expression).flatMap(aggregateCalls);
}
