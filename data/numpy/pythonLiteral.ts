/** A Python literal as it occurs in the header of an `.npy`. Dicts become maps, lists and tuples arrays. */
export type PythonLiteral = string | number | boolean | null | PythonLiteral[] | Map<string, PythonLiteral>;

const TOKEN = /\s*(?:([{}[\](),:])|'([^'\\]*)'|"([^"\\]*)"|(-?\d+)L?|(True|False|None))/y;
const MAX_DEPTH = 8;

/**
 * Parses the small part of Python's literals that NumPy writes: dicts with string keys, lists, tuples, strings without
 * escapes, integers, `True`, `False` and `None`. Nothing is evaluated.
 *
 * @throws SyntaxError saying what stands where.
 */
export function parsePythonLiteral(text: string): PythonLiteral {
  const tokens = tokenize(text);
  let at = 0;

  const expectMark = (mark: string): void => {
    const token = tokens[at++];
    if (token?.mark !== mark) throw new SyntaxError(`${describe(token)} instead of '${mark}'`);
  };

  const value = (depth: number): PythonLiteral => {
    if (depth > MAX_DEPTH) throw new SyntaxError(`nesting deeper than ${MAX_DEPTH}`);
    const token = tokens[at++];
    if (token?.mark === '{') return dict(depth);
    if (token?.mark === '[') return sequence(']', depth);
    if (token?.mark === '(') return sequence(')', depth);
    if (token?.value === undefined) throw new SyntaxError(`${describe(token)} instead of a value`);
    return token.value;
  };

  const sequence = (close: string, depth: number): PythonLiteral[] => {
    const items: PythonLiteral[] = [];
    while (tokens[at]?.mark !== close) {
      items.push(value(depth + 1));
      if (tokens[at]?.mark !== close) expectMark(',');
    }
    at++;
    return items;
  };

  const dict = (depth: number): Map<string, PythonLiteral> => {
    const entries = new Map<string, PythonLiteral>();
    while (tokens[at]?.mark !== '}') {
      const key = value(depth + 1);
      if (typeof key !== 'string' || entries.has(key)) throw new SyntaxError(`the key ${String(key)}`);
      expectMark(':');
      entries.set(key, value(depth + 1));
      if (tokens[at]?.mark !== '}') expectMark(',');
    }
    at++;
    return entries;
  };

  const result = value(0);
  if (at < tokens.length) throw new SyntaxError(`${describe(tokens[at])} after the end`);
  return result;
}

interface Token {
  readonly mark?: string;
  readonly value?: string | number | boolean | null;
}

function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  const trimmed = text.trimEnd();
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < trimmed.length) {
    const from = TOKEN.lastIndex;
    const match = TOKEN.exec(trimmed);
    if (!match) throw new SyntaxError(`${JSON.stringify(trimmed.slice(from, from + 20))} at character ${from}`);
    const [, mark, single, double, integer, word] = match;
    if (mark !== undefined) tokens.push({ mark });
    else if (integer !== undefined) tokens.push({ value: Number(integer) });
    else if (word !== undefined) tokens.push({ value: word === 'None' ? null : word === 'True' });
    else tokens.push({ value: single ?? double });
  }
  return tokens;
}

function describe(token: Token | undefined): string {
  if (!token) return 'the end of the text';
  return token.mark === undefined ? JSON.stringify(token.value) : `'${token.mark}'`;
}
