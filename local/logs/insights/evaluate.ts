import { aggregateNames } from './aggregates.js';
import type { ArithmeticOperator, ComparisonOperator, Expression } from './ast.js';
import { functions } from './functions.js';
import { compareValues, Instant, isTrue, numberOf, textOf, type Value } from './values.js';

/** Where an expression finds the values of fields and, in `stats`, of aggregates. */
export interface Scope {
  field(name: string): Value;
  /** Value of an aggregate call; absent where there are no groups. */
  readonly aggregate?: (call: Expression) => Value;
}

/** Computes an expression. What has no value (a missing field, a division by zero) is undefined. */
export function evaluate(expression: Expression, scope: Scope): Value {
  switch (expression.type) {
    case 'literal':
      return expression.value;
    case 'period':
      return expression.period.ms;
    case 'field':
      return scope.field(expression.name);
    case 'negative':
      return arithmetic('-', 0, evaluate(expression.operand, scope));
    case 'not':
      return !isTrue(evaluate(expression.operand, scope));
    case 'logical':
      return expression.operator === 'and'
        ? isTrue(evaluate(expression.left, scope)) && isTrue(evaluate(expression.right, scope))
        : isTrue(evaluate(expression.left, scope)) || isTrue(evaluate(expression.right, scope));
    case 'comparison':
      return compare(expression.operator, evaluate(expression.left, scope), evaluate(expression.right, scope));
    case 'arithmetic':
      return arithmetic(expression.operator, evaluate(expression.left, scope), evaluate(expression.right, scope));
    case 'like': {
      const value = evaluate(expression.operand, scope);
      return value !== undefined && expression.pattern.test(textOf(value));
    }
    case 'in': {
      const value = evaluate(expression.operand, scope);
      return expression.list.some((item) => compare('=', value, evaluate(item, scope)));
    }
    case 'call':
      return call(expression, scope);
  }
}

function call(expression: Expression & { readonly type: 'call' }, scope: Scope): Value {
  if (aggregateNames.has(expression.name)) return scope.aggregate?.(expression);
  const values = expression.parameters.map((parameter) => evaluate(parameter, scope));
  if (expression.name === 'bin') values.push(scope.field('@timestamp'));
  return functions[expression.name]?.apply(...values);
}

/** A comparison with something missing is false. Numbers and texts that read as numbers compare as numbers. */
function compare(operator: ComparisonOperator, left: Value, right: Value): boolean {
  if (left === undefined || right === undefined) return false;
  const order = compareValues(left, right);
  switch (operator) {
    case '=':
      return order === 0;
    case '!=':
      return order !== 0;
    case '<':
      return order < 0;
    case '<=':
      return order <= 0;
    case '>':
      return order > 0;
    case '>=':
      return order >= 0;
  }
}

function arithmetic(operator: ArithmeticOperator, left: Value, right: Value): Value {
  if (left instanceof Instant && right instanceof Instant && operator !== '-') return undefined;
  const result = calculate(operator, numberOf(left), numberOf(right));
  return Number.isFinite(result) ? result : undefined;
}

function calculate(operator: ArithmeticOperator, left: number, right: number): number {
  switch (operator) {
    case '+':
      return left + right;
    case '-':
      return left - right;
    case '*':
      return left * right;
    case '/':
      return left / right;
    case '%':
      return left % right;
    case '^':
      return left ** right;
  }
}
