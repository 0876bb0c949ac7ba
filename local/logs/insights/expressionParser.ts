import { escapeExpression } from '../escapeExpression.js';
import { aggregateNames } from './aggregates.js';
import type { ArithmeticOperator, ComparisonOperator, Expression, Span } from './ast.js';
import { functions } from './functions.js';
import type { Lexer } from './lexer.js';
import { parsePeriod } from './period.js';

type Shape = Expression extends infer Kind ? (Kind extends Expression ? Omit<Kind, 'span' | 'text'> : never) : never;

const comparisons: readonly string[] = ['=', '!=', '<', '<=', '>', '>='] satisfies ComparisonOperator[];

/** Words that end an expression and so cannot name a field without backticks. */
const reserved = new Set(['and', 'or', 'not', 'like', 'in', 'as', 'by', 'asc', 'desc']);

/** Parses expressions by recursive descent: or, and, not, comparison, sum, product, power, sign, operand. */
export class ExpressionParser {
  readonly #lexer: Lexer;

  constructor(lexer: Lexer) {
    this.#lexer = lexer;
  }

  /** @throws MalformedQueryError */
  parse(): Expression {
    return this.#or();
  }

  /** Parses a field, a literal, a call or something in parentheses. @throws MalformedQueryError */
  parseOperand(): Expression {
    return this.#operand();
  }

  #or(): Expression {
    let left = this.#and();
    while (this.#lexer.accept('or'))
      left = this.#join(left, (right) => ({ type: 'logical', operator: 'or', left, right }), this.#and());
    return left;
  }

  #and(): Expression {
    let left = this.#not();
    while (this.#lexer.accept('and'))
      left = this.#join(left, (right) => ({ type: 'logical', operator: 'and', left, right }), this.#not());
    return left;
  }

  #not(): Expression {
    const { start } = this.#lexer.current;
    if (!this.#lexer.accept('not')) return this.#comparison();
    const operand = this.#not();
    return this.#node({ start, end: operand.span.end }, { type: 'not', operand });
  }

  #comparison(): Expression {
    const left = this.#sum();
    const { kind, value } = this.#lexer.current;
    if (kind === 'symbol' && isComparison(value)) {
      this.#lexer.next();
      return this.#join(left, (right) => ({ type: 'comparison', operator: value, left, right }), this.#sum());
    }
    if (this.#lexer.accept('like') || this.#lexer.accept('=~')) return this.#like(left);
    if (this.#lexer.accept('in')) return this.#in(left);
    if (!this.#lexer.accept('not')) return left;
    const negated = this.#lexer.accept('like')
      ? this.#like(left)
      : this.#lexer.accept('in')
        ? this.#in(left)
        : undefined;
    if (!negated) throw this.#lexer.fault('Expected like or in after not');
    return this.#node(negated.span, { type: 'not', operand: negated });
  }

  #like(operand: Expression): Expression {
    const { kind, value, end } = this.#lexer.current;
    const expression = this.#lexer.acceptRegularExpression();
    if (expression)
      return this.#node(
        { start: operand.span.start, end: expression.span.end },
        { type: 'like', operand, pattern: expression.pattern },
      );
    if (kind !== 'text') throw this.#lexer.fault('Expected a text or a regular expression');
    this.#lexer.next();
    const contained = new RegExp(escapeExpression(value));
    return this.#node({ start: operand.span.start, end }, { type: 'like', operand, pattern: contained });
  }

  #in(operand: Expression): Expression {
    this.#lexer.expect('[');
    const list = [this.#sum()];
    while (this.#lexer.accept(',')) list.push(this.#sum());
    const { end } = this.#lexer.expect(']');
    return this.#node({ start: operand.span.start, end }, { type: 'in', operand, list });
  }

  #sum(): Expression {
    return this.#arithmetic(['+', '-'], () => this.#product());
  }

  #product(): Expression {
    return this.#arithmetic(['*', '/', '%'], () => this.#power());
  }

  #power(): Expression {
    return this.#arithmetic(['^'], () => this.#sign());
  }

  #arithmetic(operators: readonly ArithmeticOperator[], operand: () => Expression): Expression {
    let left = operand();
    for (;;) {
      const operator = operators.find((symbol) => this.#lexer.is(symbol));
      if (!operator) return left;
      this.#lexer.next();
      left = this.#join(left, (right) => ({ type: 'arithmetic', operator, left, right }), operand());
    }
  }

  #sign(): Expression {
    const { start } = this.#lexer.current;
    if (!this.#lexer.accept('-')) return this.#operand();
    const operand = this.#sign();
    return this.#node({ start, end: operand.span.end }, { type: 'negative', operand });
  }

  #operand(): Expression {
    const token = this.#lexer.current;
    switch (token.kind) {
      case 'number':
        this.#lexer.next();
        return this.#node(token, { type: 'literal', value: Number(token.value) });
      case 'text':
        this.#lexer.next();
        return this.#node(token, { type: 'literal', value: token.value });
      case 'period':
        return this.#period();
      case 'quotedName':
        this.#lexer.next();
        return this.#node(token, { type: 'field', name: token.value });
      case 'name':
        return this.#name();
    }
    if (!this.#lexer.accept('('))
      throw this.#lexer.fault(token.kind === 'end' ? 'Unexpected end of the query' : 'Unexpected symbol');
    const inner = this.parse();
    const { end } = this.#lexer.expect(')');
    return { ...inner, ...this.#place({ start: token.start, end }) };
  }

  #period(): Expression {
    const token = this.#lexer.current;
    const period = parsePeriod(token.value);
    if (!period) throw this.#lexer.fault('Unsupported period: use ms, s, m, h, d or w');
    this.#lexer.next();
    return this.#node(token, { type: 'period', period });
  }

  #name(): Expression {
    const token = this.#lexer.current;
    const word = token.value.toLowerCase();
    if (reserved.has(word)) throw this.#lexer.fault('Unexpected keyword');
    this.#lexer.next();
    if (this.#lexer.is('(')) return this.#call(token, word);
    if (word === 'true' || word === 'false') return this.#node(token, { type: 'literal', value: word === 'true' });
    return this.#node(token, { type: 'field', name: token.value });
  }

  #call(name: Span, word: string): Expression {
    const signature = functions[word];
    if (!signature && !aggregateNames.has(word)) throw this.#lexer.fault('Unknown or unsupported function', name);
    this.#lexer.expect('(');
    const parameters: Expression[] = [];
    const countsRecords = word === 'count' && this.#lexer.accept('*');
    if (!countsRecords && !this.#lexer.is(')')) {
      do parameters.push(this.parse());
      while (this.#lexer.accept(','));
    }
    const { end } = this.#lexer.expect(')');
    const span = { start: name.start, end };
    const [least, most] = signature?.arity ?? aggregateNames.get(word) ?? [0, 0];
    if (parameters.length < least || parameters.length > most)
      throw this.#lexer.fault(
        `Wrong number of parameters: ${word} takes ${least === most ? least : `${least} to ${most}`}`,
        span,
      );
    return this.#node(span, { type: 'call', name: word, parameters });
  }

  #join(left: Expression, shape: (right: Expression) => Shape, right: Expression): Expression {
    return this.#node({ start: left.span.start, end: right.span.end }, shape(right));
  }

  #node(span: Span, shape: Shape): Expression {
    return { ...shape, ...this.#place(span) };
  }

  #place({ start, end }: Span): { span: Span; text: string } {
    return { span: { start, end }, text: this.#lexer.query.slice(start, end) };
  }
}

function isComparison(symbol: string): symbol is ComparisonOperator {
  return comparisons.includes(symbol);
}
