import { escapeExpression } from '../escapeExpression.js';

/** Group names that regular expressions may have; field names may hold more than that. */
function groupName(position: number): string {
  return `field${position}`;
}

/** What a `parse` command looks for, and the fields that its groups fill. */
export interface ParsePattern {
  readonly expression: RegExp;
  /** Field of each capturing group, in order. */
  readonly fields: readonly { readonly group: string; readonly field: string }[];
}

/**
 * Makes a pattern of a glob: every `*` takes the fewest characters that let the rest match, the last one of a glob that
 * ends in `*` takes all that follow.
 *
 * @returns undefined when the stars and the names differ in number.
 */
export function globPattern(glob: string, names: readonly string[]): ParsePattern | undefined {
  const literals = glob.split('*');
  if (literals.length - 1 !== names.length || names.length === 0) return undefined;
  const source = literals.map((literal, n) => {
    if (n === 0) return escapeExpression(literal);
    const greed = n === literals.length - 1 && literal === '' ? '' : '?';
    return `(?<${groupName(n - 1)}>.*${greed})${escapeExpression(literal)}`;
  });
  const fields = names.map((field, n) => ({ group: groupName(n), field }));
  return { expression: new RegExp(source.join(''), 's'), fields };
}

/** Makes a pattern of a regular expression with named groups. @returns undefined when it has none. */
export function groupsPattern(expression: RegExp): ParsePattern | undefined {
  const names = Object.keys(new RegExp(`${expression.source}|`, expression.flags).exec('')?.groups ?? {});
  if (names.length === 0) return undefined;
  return { expression, fields: names.map((name) => ({ group: name, field: name })) };
}
