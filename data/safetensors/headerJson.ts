/**
 * Names of the members of the outermost object of a JSON text that occur more than once. `JSON.parse` keeps the last
 * of them without a word, so two readers could see two different files.
 *
 * @param text JSON that is already known to be valid
 */
export function duplicateKeys(text: string): string[] {
  const seen = new Set<string>();
  const duplicates: string[] = [];
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    const char = text[at];
    if (char === '{' || char === '[') depth++;
    else if (char === '}' || char === ']') depth--;
    else if (char === '"') {
      const end = stringEnd(text, at);
      if (depth === 1 && /^\s*:/.test(text.slice(end, end + 64).trimStart())) {
        const key = String(JSON.parse(text.slice(at, end)));
        if (seen.has(key)) duplicates.push(key);
        seen.add(key);
      }
      at = end - 1;
    }
  }
  return duplicates;
}

/** Where the string literal that starts at `start` ends, its closing quote included. */
function stringEnd(text: string, start: number): number {
  let at = start + 1;
  while (text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
  return at + 1;
}
