import { escapeExpression } from '../escapeExpression.js';
import { type JsonPath, parseJsonDocument, valueAt } from './jsonPath.js';
import { expressionTest, invalid, type MessageTest } from './messageTest.js';

type DocumentTest = (document: object) => boolean;

const tokenPattern =
  /\s*(?:(?<selector>\$(?:\.[\w@-]+|\[(?:\d+|"[^"]*"|'[^']*')\])+)|(?<operator>&&|\|\||!=|<=|>=|[=<>(){}])|"(?<text>(?:[^"\\]|\\.)*)"|%(?<expression>[^%]+)%|(?<word>[\w.*+-]+))/y;

interface Token {
  readonly kind: 'selector' | 'operator' | 'text' | 'expression' | 'word';
  readonly value: string;
}

/**
 * Compiles a JSON filter pattern such as `{ $.level = "ERROR" && ($.rank > 3 || $.tags[0] = a*) }`: `=` and `!=` with
 * text (`*` stands for anything), numbers and `%regular expressions%`, `<`, `<=`, `>`, `>=` with numbers, `IS NULL`,
 * `IS TRUE`, `IS FALSE`, `NOT EXISTS`, `&&`, `||` and parentheses. Messages that are not JSON never match.
 *
 * @throws InvalidParameterError
 */
export function parseJsonPattern(pattern: string): MessageTest {
  const test = new JsonPatternParser(pattern).parse();
  return (message) => {
    const document = parseJsonDocument(message);
    return document !== undefined && test(document);
  };
}

class JsonPatternParser {
  readonly #pattern: string;
  readonly #tokens: Token[];
  #position = 0;

  constructor(pattern: string) {
    this.#pattern = pattern;
    this.#tokens = [...tokensOf(pattern)];
  }

  parse(): DocumentTest {
    this.#expect('{');
    const test = this.#either();
    this.#expect('}');
    if (this.#position < this.#tokens.length) throw this.#unexpected();
    return test;
  }

  #either(): DocumentTest {
    const tests = [this.#both()];
    while (this.#accept('||')) tests.push(this.#both());
    return (document) => tests.some((test) => test(document));
  }

  #both(): DocumentTest {
    const tests = [this.#single()];
    while (this.#accept('&&')) tests.push(this.#single());
    return (document) => tests.every((test) => test(document));
  }

  #single(): DocumentTest {
    if (this.#accept('(')) {
      const test = this.#either();
      this.#expect(')');
      return test;
    }
    const selector = this.#next();
    if (selector?.kind !== 'selector') throw this.#unexpected(selector);
    const path = pathOf(selector.value);
    if (this.#acceptWord('IS')) return this.#is(path);
    if (this.#acceptWord('NOT')) {
      if (!this.#acceptWord('EXISTS')) throw this.#unexpected();
      return (document) => valueAt(document, path) === undefined;
    }
    return this.#comparison(path);
  }

  #is(path: JsonPath): DocumentTest {
    for (const [word, value] of [
      ['NULL', null],
      ['TRUE', true],
      ['FALSE', false],
    ] as const)
      if (this.#acceptWord(word)) return (document) => valueAt(document, path) === value;
    throw this.#unexpected();
  }

  #comparison(path: JsonPath): DocumentTest {
    const operator = this.#next();
    const operand = this.#next();
    if (operator?.kind !== 'operator' || !operand || operand.kind === 'selector' || operand.kind === 'operator')
      throw this.#unexpected(operand ?? operator);
    const number = operand.kind === 'word' && operand.value.trim() !== '' ? Number(operand.value) : Number.NaN;
    const order = orderings[operator.value];
    if (order) {
      if (Number.isNaN(number)) throw invalid(this.#pattern, `${operator.value} needs a number, not ${operand.value}`);
      return (document) => {
        const value = valueAt(document, path);
        return typeof value === 'number' && order(value, number);
      };
    }
    const equal = this.#equality(operand, number);
    if (operator.value === '=') return (document) => equal(valueAt(document, path));
    if (operator.value === '!=')
      return (document) => valueAt(document, path) !== undefined && !equal(valueAt(document, path));
    throw this.#unexpected(operator);
  }

  #equality(operand: Token, number: number): (value: unknown) => boolean {
    if (operand.kind === 'expression') {
      const test = expressionTest(this.#pattern, operand.value);
      return (value) => isScalar(value) && test(String(value));
    }
    if (!Number.isNaN(number)) return (value) => typeof value === 'number' && value === number;
    const text = new RegExp(`^${operand.value.split('*').map(escapeExpression).join('.*')}$`, 's');
    return (value) => isScalar(value) && text.test(String(value));
  }

  #next(): Token | undefined {
    return this.#tokens[this.#position++];
  }

  #accept(operator: string): boolean {
    const token = this.#tokens[this.#position];
    if (token?.kind !== 'operator' || token.value !== operator) return false;
    this.#position++;
    return true;
  }

  #acceptWord(word: string): boolean {
    const token = this.#tokens[this.#position];
    if (token?.kind !== 'word' || token.value.toUpperCase() !== word) return false;
    this.#position++;
    return true;
  }

  #expect(operator: string): void {
    if (!this.#accept(operator)) throw this.#unexpected();
  }

  #unexpected(token = this.#tokens[this.#position]): Error {
    return invalid(this.#pattern, token ? `unexpected ${token.value}` : 'it ends too early');
  }
}

const orderings: Readonly<Record<string, (a: number, b: number) => boolean>> = {
  '<': (a, b) => a < b,
  '<=': (a, b) => a <= b,
  '>': (a, b) => a > b,
  '>=': (a, b) => a >= b,
};

function* tokensOf(pattern: string): Generator<Token> {
  const text = pattern.trimEnd();
  let position = 0;
  while (position < text.length) {
    tokenPattern.lastIndex = position;
    const match = tokenPattern.exec(text);
    if (!match?.groups) throw invalid(pattern, `cannot read it from "${text.slice(position, position + 20)}" on`);
    const { selector, operator, text: quoted, expression, word } = match.groups;
    if (selector !== undefined) yield { kind: 'selector', value: selector };
    else if (operator !== undefined) yield { kind: 'operator', value: operator };
    else if (quoted !== undefined) yield { kind: 'text', value: quoted.replace(/\\(.)/g, '$1') };
    else if (expression !== undefined) yield { kind: 'expression', value: expression };
    else yield { kind: 'word', value: word ?? '' };
    position += match[0].length;
  }
}

function pathOf(selector: string): JsonPath {
  return [...selector.matchAll(/\.([\w@-]+)|\[(\d+)\]|\["([^"]*)"\]|\['([^']*)'\]/g)].map(
    ([, name, element, quoted, single]) => (element === undefined ? (name ?? quoted ?? single ?? '') : Number(element)),
  );
}

function isScalar(value: unknown): boolean {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
}
