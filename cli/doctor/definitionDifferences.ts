/**
 * Where a deployed definition differs from ours, as JSON pointers; `${...}` of ours stands for any text.
 */
export function definitionDifferences(ours: unknown, theirs: unknown, pointer = ''): string[] {
  if (typeof ours === 'string' && typeof theirs === 'string') return isFilledIn(ours, theirs) ? [] : [pointer || '/'];
  if (!isContainer(ours) || !isContainer(theirs) || Array.isArray(ours) !== Array.isArray(theirs)) {
    return ours === theirs ? [] : [pointer || '/'];
  }
  const names = new Set([...Object.keys(ours), ...Object.keys(theirs)]);
  const left = new Map(Object.entries(ours));
  const right = new Map(Object.entries(theirs));
  return [...names].flatMap((name) => definitionDifferences(left.get(name), right.get(name), `${pointer}/${name}`));
}

const isContainer = (value: unknown): value is object => typeof value === 'object' && value !== null;

function isFilledIn(template: string, text: string): boolean {
  const pattern = template
    .split(/\$\{\w+\}/)
    .map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'))
    .join('.+');
  return new RegExp(`^${pattern}$`, 's').test(text);
}
