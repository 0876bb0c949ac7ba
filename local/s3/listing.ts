import type { KeyIndex } from './keyIndex.js';

export interface ListingRequest {
  prefix: string;
  /** Empty for no delimiter. */
  delimiter: string;
  /** Entries at most: keys and common prefixes together. */
  maxEntries: number;
  /** Keys up to this one are left out, and the common prefix that it is, if it is one. */
  after: string;
}

export interface Listing<Value> {
  contents: { key: string; value: Value }[];
  commonPrefixes: string[];
  /** The last entry, key or common prefix, when more follow: `after` of the next page. */
  next?: string;
}

/**
 * One page of a listing. Costs a binary search a common prefix and one step a key, whatever the size of the bucket.
 *
 * Source: S3 API Reference, ListObjectsV2.
 */
export function listKeys<Value>(index: KeyIndex<Value>, request: ListingRequest): Listing<Value> {
  const { prefix, delimiter, maxEntries, after } = request;
  const listing: Listing<Value> = { contents: [], commonPrefixes: [] };
  if (maxEntries === 0) return listing;
  let position = index.lowerBound(prefix);
  if (after !== '') {
    const listed = delimiter !== '' && after.startsWith(prefix) && commonPrefix(after, prefix, delimiter) === after;
    position = Math.max(position, listed ? index.afterPrefix(after, 0) : index.after(after));
  }
  let last = '';
  for (let entries = 0; position < index.size; entries++) {
    const key = index.keyAt(position);
    if (!key.startsWith(prefix)) break;
    if (entries === maxEntries) return { ...listing, next: last };
    const common = commonPrefix(key, prefix, delimiter);
    if (common === undefined) {
      listing.contents.push({ key, value: index.get(key)! });
      position += 1;
    } else {
      listing.commonPrefixes.push(common);
      position = index.afterPrefix(common, position);
    }
    last = common ?? key;
  }
  return listing;
}

/** What a key is rolled up to: everything through the first delimiter behind the prefix. */
export function commonPrefix(key: string, prefix: string, delimiter: string): string | undefined {
  const mark = delimiter === '' ? -1 : key.indexOf(delimiter, prefix.length);
  return mark < 0 ? undefined : key.slice(0, mark + delimiter.length);
}
