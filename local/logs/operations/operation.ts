import { z } from 'zod';
import { InvalidParameterError } from '../errors.js';
import type { Queries } from '../insights/queries.js';
import type { LogGroup } from '../store/logGroup.js';
import type { LogStore } from '../store/logStore.js';

/** What the operations work on. */
export interface LogsState {
  readonly accountId: string;
  readonly region: string;
  readonly store: LogStore;
  readonly queries: Queries;
}

/** An operation takes the JSON of a request and gives the JSON of the answer. */
export type Operation = (input: unknown, state: LogsState) => Promise<object>;

/** Makes an operation that refuses what its schema does not know, with every fault at once. */
export function operation<Schema extends z.ZodType>(
  schema: Schema,
  run: (input: z.output<Schema>, state: LogsState) => object | Promise<object>,
): Operation {
  return async (input, state) => {
    const parsed = schema.safeParse(input);
    if (!parsed.success)
      throw new InvalidParameterError(
        parsed.error.issues.map(({ path, message }) => `${path.join('.') || 'request'}: ${message}`).join('; '),
      );
    return run(parsed.data, state);
  };
}

export const groupNameSchema = z.string().regex(/^[.\-_/#A-Za-z0-9]{1,512}$/);
export const streamNameSchema = z.string().regex(/^[^:*]{1,512}$/);
export const timestampSchema = z.int().min(0);

/** A name or an ARN of a log group, as newer operations take it. */
export const groupIdentifierSchema = z.string().regex(/^[\w#+=/:,.@-]{1,2048}\*?$/);

/** The two ways to name one log group, of which a request must use one. */
export const groupReference = {
  logGroupName: groupNameSchema.optional(),
  logGroupIdentifier: groupIdentifierSchema.optional(),
};

/** @throws InvalidParameterError unless one of the two is given; ResourceNotFoundError */
export function groupOf(
  state: LogsState,
  { logGroupName, logGroupIdentifier }: { logGroupName?: string; logGroupIdentifier?: string },
): LogGroup {
  if ((logGroupName === undefined) === (logGroupIdentifier === undefined))
    throw new InvalidParameterError('Exactly one of logGroupName and logGroupIdentifier must be given.');
  return state.store.group(logGroupName ?? nameInIdentifier(logGroupIdentifier ?? ''));
}

/** The name in `arn:aws:logs:region:account:log-group:name` (with or without `:*`), or the text itself. */
export function nameInIdentifier(identifier: string): string {
  return /^arn:[^:]+:logs:[^:]*:[^:]*:log-group:([^:]+)(?::\*)?$/.exec(identifier)?.[1] ?? identifier;
}

export function groupArn({ region, accountId }: LogsState, name: string): string {
  return `arn:aws:logs:${region}:${accountId}:log-group:${name}`;
}

/**
 * One page of a list and the token of the next.
 *
 * @throws InvalidParameterError for a token that no page gave.
 */
export function page<T>(all: readonly T[], limit: number, token?: string): { items: readonly T[]; nextToken?: string } {
  const start = token === undefined ? 0 : Number(token);
  if (!Number.isInteger(start) || start < 0 || start > all.length)
    throw new InvalidParameterError('The specified nextToken is invalid.');
  const end = start + limit;
  return { items: all.slice(start, end), ...(end < all.length && { nextToken: String(end) }) };
}
