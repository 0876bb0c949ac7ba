import { StatesApiError } from '../errors.js';

/**
 * A page of a list that is kept newest first. The token counts from the oldest entry, so that entries which arrive
 * between two pages shift nothing.
 */
export function pageOf<Entry>(
  newestFirst: readonly Entry[],
  { maxResults, nextToken }: { maxResults: number; nextToken?: string },
  accept: (entry: Entry) => boolean = () => true,
): { entries: Entry[]; nextToken?: string } {
  const left =
    nextToken === undefined ? newestFirst.length : Number(/^\d{1,9}$/.test(nextToken) ? nextToken : Number.NaN);
  if (!(left <= newestFirst.length)) throw new StatesApiError('InvalidToken', `Invalid Token: '${nextToken}'`);
  const entries: Entry[] = [];
  for (let index = newestFirst.length - left; index < newestFirst.length; index++) {
    const entry = newestFirst[index]!;
    if (!accept(entry)) continue;
    if (entries.length === maxResults) return { entries, nextToken: String(newestFirst.length - index) };
    entries.push(entry);
  }
  return { entries };
}
