import { aggregateNames } from './aggregates.js';
import { type Command, children, type Expression, type NamedExpression, type SortKey } from './ast.js';
import { ExpressionParser } from './expressionParser.js';
import { Lexer } from './lexer.js';
import { globPattern, groupsPattern, type ParsePattern } from './parsePattern.js';

/** Most records that a query can answer. */
export const maxResults = 10_000;

/**
 * Parses a query of CloudWatch Logs Insights: `fields`, `display`, `filter`, `parse`, `stats`, `sort`, `dedup` and
 * `limit`, joined by `|`.
 *
 * Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax.html
 *
 * @throws MalformedQueryError that names the place, also for commands and functions that are not supported here.
 */
export function parseQuery(query: string): Command[] {
  return new QueryParser(new Lexer(query)).parse();
}

class QueryParser {
  readonly #lexer: Lexer;
  readonly #expressions: ExpressionParser;

  constructor(lexer: Lexer) {
    this.#lexer = lexer;
    this.#expressions = new ExpressionParser(lexer);
  }

  parse(): Command[] {
    const commands: Command[] = [];
    do commands.push(this.#command());
    while (this.#lexer.accept('|'));
    if (this.#lexer.current.kind !== 'end') throw this.#lexer.fault('Unexpected symbol or word');
    return commands;
  }

  #command(): Command {
    const word = this.#lexer.current;
    if (word.kind === 'end') throw this.#lexer.fault('Expected a command');
    const name = word.kind === 'name' ? word.value.toLowerCase() : '';
    switch (name) {
      case 'fields':
        this.#lexer.next();
        return { type: 'fields', items: this.#named() };
      case 'display':
        this.#lexer.next();
        return { type: 'display', items: this.#named() };
      case 'filter':
        this.#lexer.next();
        return { type: 'filter', condition: this.#ofRecords(this.#expressions.parse()) };
      case 'parse':
        this.#lexer.next();
        return this.#parseCommand();
      case 'stats':
        this.#lexer.next();
        return this.#stats();
      case 'sort':
        this.#lexer.next();
        return { type: 'sort', keys: this.#list(() => this.#sortKey()) };
      case 'dedup':
        this.#lexer.next();
        return { type: 'dedup', keys: this.#list(() => this.#ofRecords(this.#expressions.parse())) };
      case 'limit':
        this.#lexer.next();
        return this.#limit();
    }
    throw this.#lexer.fault('Unknown or unsupported command');
  }

  #named(): NamedExpression[] {
    return this.#list(() => {
      const named = this.#alias(this.#expressions.parse());
      this.#ofRecords(named.expression);
      return named;
    });
  }

  #stats(): Command {
    const items = this.#list(() => this.#alias(this.#expressions.parse()));
    const by = this.#lexer.accept('by') ? this.#named() : [];
    const known = new Set(by.map(({ name }) => name));
    for (const { expression, name } of items) {
      this.#checkAggregation(expression, known);
      known.add(name);
    }
    return { type: 'stats', items, by };
  }

  #alias(expression: Expression): NamedExpression {
    const name = this.#lexer.accept('as') ? this.#fieldName() : nameOf(expression);
    return { expression, name };
  }

  #sortKey(): SortKey {
    const expression = this.#ofRecords(this.#expressions.parse());
    if (this.#lexer.accept('desc')) return { expression, descending: true };
    this.#lexer.accept('asc');
    return { expression, descending: false };
  }

  #limit(): Command {
    const { kind, value } = this.#lexer.current;
    const count = kind === 'number' ? Number(value) : Number.NaN;
    if (!Number.isInteger(count) || count < 1 || count > maxResults)
      throw this.#lexer.fault(`Expected a number from 1 to ${maxResults}`);
    this.#lexer.next();
    return { type: 'limit', count };
  }

  #parseCommand(): Command {
    const { start, kind } = this.#lexer.current;
    const implicit = kind === 'text' || this.#lexer.is('/');
    const source: Expression = implicit
      ? { type: 'field', name: '@message', span: { start, end: start }, text: '@message' }
      : this.#ofRecords(this.#expressions.parseOperand());
    return { type: 'parse', source, pattern: this.#pattern() };
  }

  #pattern(): ParsePattern {
    const expression = this.#lexer.acceptRegularExpression();
    if (expression) {
      const pattern = groupsPattern(expression.pattern);
      if (!pattern)
        throw this.#lexer.fault('The regular expression needs named groups, such as (?<name>...)', expression.span);
      return pattern;
    }
    const { kind, value, start, end } = this.#lexer.current;
    if (kind !== 'text') throw this.#lexer.fault('Expected a glob in quotes or a regular expression');
    this.#lexer.next();
    this.#lexer.expect('as');
    const names = this.#list(() => this.#fieldName());
    const pattern = globPattern(value, names);
    if (!pattern)
      throw this.#lexer.fault(`The glob must have as many * as there are names (${names.length})`, { start, end });
    return pattern;
  }

  #fieldName(): string {
    const { kind, value } = this.#lexer.current;
    if (kind !== 'name' && kind !== 'quotedName') throw this.#lexer.fault('Expected the name of a field');
    this.#lexer.next();
    return value;
  }

  #list<T>(item: () => T): T[] {
    const items = [item()];
    while (this.#lexer.accept(',')) items.push(item());
    return items;
  }

  /** Aggregates have a meaning in `stats` only. */
  #ofRecords(expression: Expression): Expression {
    const aggregate = find(expression, isAggregate);
    if (aggregate) throw this.#lexer.fault('This function can only be used in stats', aggregate.span);
    return expression;
  }

  /** Outside of aggregates only what the groups are made by, and earlier results, have one value a group. */
  #checkAggregation(expression: Expression, known: ReadonlySet<string>): void {
    if (isAggregate(expression)) {
      for (const parameter of children(expression)) this.#ofRecords(parameter);
      return;
    }
    if (known.has(nameOf(expression))) return;
    if (expression.type === 'field')
      throw this.#lexer.fault('Expected an aggregate such as avg or count', expression.span);
    for (const child of children(expression)) this.#checkAggregation(child, known);
  }
}

/** What an expression without an alias is called in results. */
function nameOf(expression: Expression): string {
  return expression.type === 'field' ? expression.name : expression.text;
}

function isAggregate(expression: Expression): boolean {
  return expression.type === 'call' && aggregateNames.has(expression.name);
}

function find(expression: Expression, test: (expression: Expression) => boolean): Expression | undefined {
  if (test(expression)) return expression;
  for (const child of children(expression)) {
    const found = find(child, test);
    if (found) return found;
  }
  return undefined;
}
