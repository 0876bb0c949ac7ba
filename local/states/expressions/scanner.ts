import { ExpressionSyntaxError } from '../errors.js';

/** Reads one text from left to right; every parser of the JSONPath dialect stands on it. */
export class Scanner {
  readonly text: string;
  position = 0;

  constructor(text: string) {
    this.text = text;
  }

  get atEnd(): boolean {
    return this.position >= this.text.length;
  }

  /** Takes what a sticky pattern matches here, or returns undefined and stays. */
  take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.position;
    const match = pattern.exec(this.text);
    if (!match) return undefined;
    this.position += match[0].length;
    return match[0];
  }

  /** Takes a token if it stands here. */
  takeText(token: string): boolean {
    if (!this.text.startsWith(token, this.position)) return false;
    this.position += token.length;
    return true;
  }

  expect(token: string): void {
    if (!this.takeText(token)) this.fail(`expected '${token}'`);
  }

  skipSpace(): void {
    this.take(/\s*/y);
  }

  /**
   * Takes a quoted string; `unescaped` gets each character that follows a backslash and returns what it stands for.
   */
  quoted(quote: string, unescaped: (character: string) => string = (character) => character): string {
    this.expect(quote);
    let value = '';
    while (!this.atEnd) {
      const character = this.text[this.position++]!;
      if (character === quote) return value;
      if (character !== '\\') value += character;
      else if (this.atEnd) break;
      else value += unescaped(this.text[this.position++]!);
    }
    return this.fail(`the string that starts with ${quote} has no end`);
  }

  fail(reason: string): never {
    throw new ExpressionSyntaxError(`'${this.text}' is not understood at character ${this.position + 1}: ${reason}`);
  }
}
