import type { ParsePattern } from './parsePattern.js';

/** Place of a piece of a query: offsets of characters, the end exclusive. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

export type ComparisonOperator = '=' | '!=' | '<' | '<=' | '>' | '>=';
export type ArithmeticOperator = '+' | '-' | '*' | '/' | '%' | '^';

/** Units of `bin` and its like, in milliseconds a unit. */
export interface Period {
  readonly ms: number;
}

/** An expression of the query language. `text` is its source, which names it in results. */
export type Expression = { readonly span: Span; readonly text: string } & (
  | { readonly type: 'literal'; readonly value: string | number | boolean }
  | { readonly type: 'period'; readonly period: Period }
  | { readonly type: 'field'; readonly name: string }
  | { readonly type: 'negative'; readonly operand: Expression }
  | { readonly type: 'not'; readonly operand: Expression }
  | { readonly type: 'logical'; readonly operator: 'and' | 'or'; readonly left: Expression; readonly right: Expression }
  | {
      readonly type: 'comparison';
      readonly operator: ComparisonOperator;
      readonly left: Expression;
      readonly right: Expression;
    }
  | {
      readonly type: 'arithmetic';
      readonly operator: ArithmeticOperator;
      readonly left: Expression;
      readonly right: Expression;
    }
  | { readonly type: 'like'; readonly operand: Expression; readonly pattern: RegExp }
  | { readonly type: 'in'; readonly operand: Expression; readonly list: readonly Expression[] }
  | { readonly type: 'call'; readonly name: string; readonly parameters: readonly Expression[] }
);

/** An expression with the name that it has in results. */
export interface NamedExpression {
  readonly expression: Expression;
  readonly name: string;
}

export interface SortKey {
  readonly expression: Expression;
  readonly descending: boolean;
}

/** One step of the pipe. */
export type Command =
  | { readonly type: 'fields'; readonly items: readonly NamedExpression[] }
  | { readonly type: 'display'; readonly items: readonly NamedExpression[] }
  | { readonly type: 'filter'; readonly condition: Expression }
  | { readonly type: 'parse'; readonly source: Expression; readonly pattern: ParsePattern }
  | { readonly type: 'stats'; readonly items: readonly NamedExpression[]; readonly by: readonly NamedExpression[] }
  | { readonly type: 'sort'; readonly keys: readonly SortKey[] }
  | { readonly type: 'dedup'; readonly keys: readonly Expression[] }
  | { readonly type: 'limit'; readonly count: number };

/** The parts of an expression. */
export function children(expression: Expression): readonly Expression[] {
  switch (expression.type) {
    case 'literal':
    case 'period':
    case 'field':
      return [];
    case 'negative':
    case 'not':
    case 'like':
      return [expression.operand];
    case 'in':
      return [expression.operand, ...expression.list];
    case 'logical':
    case 'comparison':
    case 'arithmetic':
      return [expression.left, expression.right];
    case 'call':
      return expression.parameters;
  }
}
