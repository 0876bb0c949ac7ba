import { MalformedQueryError } from '../errors.js';
import type { Span } from './ast.js';

export interface Token extends Span {
  readonly kind: 'name' | 'quotedName' | 'number' | 'period' | 'text' | 'symbol' | 'end';
  /** A text or quoted name without its quotes, everything else as it stands in the query. */
  readonly value: string;
}

const blank = /(?:\s+|#[^\n]*)*/y;
const tokenPattern =
  /(?<period>\d+(?:ms|s|mo|m|h|d|w|q|y)\b)|(?<number>(?:\d+(?:\.\d+)?|\.\d+)(?:[eE][+-]?\d+)?)|(?<name>[@A-Za-z_](?:[\w@]|\.(?=[\w@]))*)|`(?<quotedName>[^`]+)`|(?<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|(?<symbol>=~|!=|<=|>=|[=<>+\-*/%^()[\],|])/y;
const regularExpression = /\/((?:[^/\\\n]|\\.)+)\//y;

/** Cuts a query into tokens. A slash is a division unless the parser asks for a regular expression. */
export class Lexer {
  readonly query: string;
  #current: Token;

  constructor(query: string) {
    this.query = query;
    this.#current = this.#read(0);
  }

  /** The token that is next. */
  get current(): Token {
    return this.#current;
  }

  next(): Token {
    const token = this.#current;
    this.#current = this.#read(token.end);
    return token;
  }

  /** Whether the next token is this symbol, or this word in upper or lower case. */
  is(word: string): boolean {
    const { kind, value } = this.#current;
    return (kind === 'symbol' && value === word) || (kind === 'name' && value.toLowerCase() === word);
  }

  /** Takes the next token if {@link is} says so. */
  accept(word: string): boolean {
    if (!this.is(word)) return false;
    this.next();
    return true;
  }

  /** @throws MalformedQueryError when the next token is not this symbol or word. */
  expect(word: string): Token {
    if (!this.is(word)) throw this.fault(`Expected ${word}`);
    return this.next();
  }

  /**
   * Takes a regular expression between slashes, if one is next. A leading `(?i)` makes it insensitive to case.
   *
   * @throws MalformedQueryError when it cannot be compiled.
   */
  acceptRegularExpression(): { readonly pattern: RegExp; readonly span: Span } | undefined {
    if (!this.is('/')) return undefined;
    regularExpression.lastIndex = this.#current.start;
    const match = regularExpression.exec(this.query);
    if (!match) throw this.fault('Unterminated regular expression');
    const span = { start: match.index, end: match.index + match[0].length };
    const [, flags = '', source = ''] = /^(?:\(\?([ims]+)\))?(.*)$/s.exec(match[1] ?? '') ?? [];
    this.#current = this.#read(span.end);
    try {
      return { pattern: new RegExp(source, flags), span };
    } catch (error) {
      throw this.fault(error instanceof Error ? error.message : String(error), span);
    }
  }

  /** A fault at the next token or at `span`. */
  fault(message: string, span: Span = this.#current): MalformedQueryError {
    return new MalformedQueryError(message, this.query, span.start, span.end);
  }

  #read(from: number): Token {
    blank.lastIndex = from;
    const start = from + (blank.exec(this.query)?.[0].length ?? 0);
    if (start >= this.query.length) return { kind: 'end', value: '', start, end: start };
    tokenPattern.lastIndex = start;
    const match = tokenPattern.exec(this.query);
    if (!match?.groups) throw this.fault('Unexpected character', { start, end: start + 1 });
    const end = start + match[0].length;
    const { period, number, name, quotedName, text } = match.groups;
    if (period !== undefined) return { kind: 'period', value: period, start, end };
    if (number !== undefined) return { kind: 'number', value: number, start, end };
    if (name !== undefined) return { kind: 'name', value: name, start, end };
    if (quotedName !== undefined) return { kind: 'quotedName', value: quotedName, start, end };
    if (text !== undefined) return { kind: 'text', value: unquote(text), start, end };
    return { kind: 'symbol', value: match[0], start, end };
  }
}

const escapes: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r' };

function unquote(text: string): string {
  return text.slice(1, -1).replace(/\\(.)/gs, (_, character: string) => escapes[character] ?? character);
}
