import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { FunctionDefinition } from './functionDefinition.js';
import type { Account } from './functionName.js';
import { type FunctionAlias, type FunctionRevision, newRevision } from './functionRevision.js';
import type { FunctionRecord } from './functionStore.js';

/**
 * A function with one more version, of what `$LATEST` is now; the same record, and its newest version, when nothing has
 * changed since that was published.
 */
export function publishedNow(
  account: Account,
  record: FunctionRecord,
  description: string | undefined,
): { readonly record: FunctionRecord; readonly version: FunctionRevision } {
  const { latest, versions, lastVersion } = record;
  const newest = versions.at(-1);
  if (newest && isSameFunction(newest.definition, latest.definition)) return { record, version: newest };
  const definition = description === undefined ? latest.definition : { ...latest.definition, description };
  const version = newRevision(account, definition, String(lastVersion + 1));
  return { record: { ...record, versions: [...versions, version], lastVersion: lastVersion + 1 }, version };
}

/** A version may have a description of its own without being another function. */
function isSameFunction(left: FunctionDefinition, right: FunctionDefinition): boolean {
  return isDeepStrictEqual({ ...left, description: undefined }, { ...right, description: undefined });
}

/** An alias with a new revision id. */
export function newAlias({ name, version, description }: Omit<FunctionAlias, 'revisionId'>): FunctionAlias {
  return { name, version, description, revisionId: randomUUID() };
}
