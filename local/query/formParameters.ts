/** Parameters of a request in the AWS query protocol, with lists and structures put together. */
export type FormValue = string | FormValue[] | { [name: string]: FormValue };

/**
 * Reads `a=1&List.member.1.Key=x&List.member.2.Key=y` (query protocol) or `List.1=x` (EC2's) as
 * `{ a: '1', List: [{ Key: 'x' }, { Key: 'y' }] }`.
 *
 * Source: Smithy, "AWS query protocol" and "AWS EC2 query protocol".
 */
export function parseForm(body: string): Record<string, FormValue> {
  const root: Record<string, FormValue> = {};
  for (const [path, value] of new URLSearchParams(body)) {
    const steps = path.split('.').filter((step) => step !== 'member');
    place(root, steps, value);
  }
  return Object.fromEntries(Object.entries(root).map(([name, value]) => [name, withLists(value)]));
}

function place(node: Record<string, FormValue>, [step, ...rest]: string[], value: string): void {
  if (step === undefined) return;
  if (rest.length === 0) {
    node[step] = value;
    return;
  }
  const child = node[step];
  const next = typeof child === 'object' && !Array.isArray(child) ? child : {};
  node[step] = next;
  place(next, rest, value);
}

/** Structures whose names are all numbers are lists. */
function withLists(value: FormValue): FormValue {
  if (typeof value === 'string' || Array.isArray(value)) return value;
  const entries = Object.entries(value).map(([name, child]) => [name, withLists(child)] as const);
  if (entries.length === 0 || !entries.every(([name]) => /^\d+$/.test(name))) return Object.fromEntries(entries);
  return entries.sort(([left], [right]) => Number(left) - Number(right)).map(([, child]) => child);
}
