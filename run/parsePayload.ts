import leven from 'leven';
import type { z } from 'zod';
import { MusterError } from './errors.js';
import { type Payload, payloadSchema } from './payload.js';

/** One thing that is wrong with a payload. */
export interface PayloadFault {
  /** Dotted path of the key, `(payload)` for the whole. */
  readonly key: string;
  readonly message: string;
}

/** A payload that cannot be run; lists every fault. */
export class PayloadError extends MusterError {
  readonly code = 'INVALID_PAYLOAD';
  readonly faults: readonly PayloadFault[];

  constructor(faults: readonly PayloadFault[]) {
    const lines = faults.map(({ key, message }) => `  - ${key}: ${message}`);
    super(`The payload has ${faults.length === 1 ? 'one fault' : `${faults.length} faults`}:\n${lines.join('\n')}`);
    this.faults = faults;
  }
}

const knownKeys = Object.keys(payloadSchema.shape);

/** The known key that a mistyped one most likely means, if any is near. */
export function nearestKey(unknownKey: string): string | undefined {
  const folded = unknownKey.toLowerCase();
  const ranked = knownKeys
    .map((key) => ({ key, distance: leven(folded, key.toLowerCase()) }))
    .sort((left, right) => left.distance - right.distance);
  return ranked[0].distance <= Math.max(2, Math.floor(unknownKey.length / 3)) ? ranked[0].key : undefined;
}

function describeUnknownKey(key: string): string {
  const nearest = nearestKey(key);
  return nearest ? `unknown key; did you mean "${nearest}"?` : `unknown key; known are ${knownKeys.join(', ')}`;
}

function foundAt(payload: unknown, path: readonly PropertyKey[]): unknown {
  let value = payload;
  for (const part of path) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = (value as Record<PropertyKey, unknown>)[part];
  }
  return value;
}

function shorten(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

/** Of a union's branches, the issue of the one that came furthest says most. */
function mostTelling(issue: z.core.$ZodIssue): z.core.$ZodIssue {
  if (issue.code !== 'invalid_union') return issue;
  const branches = issue.errors.filter((branch) => branch.length > 0);
  const sameType = branches.find((branch) => branch[0].code !== 'invalid_type');
  return sameType ? { ...sameType[0], path: [...issue.path, ...sameType[0].path] } : issue;
}

function faultsOf(issue: z.core.$ZodIssue, payload: unknown): PayloadFault[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({ key: [...issue.path, key].join('.'), message: describeUnknownKey(key) }));
  }
  const key = issue.path.length > 0 ? issue.path.join('.') : '(payload)';
  const found = foundAt(payload, issue.path);
  if (found === undefined && issue.code !== 'custom') return [{ key, message: `missing; ${expectation(issue)}` }];
  const telling = mostTelling(issue);
  const suffix = issue.path.length > 0 && found !== undefined ? `, got ${shorten(found)}` : '';
  return [{ key, message: `${expectation(telling)}${suffix}` }];
}

function expectation(issue: z.core.$ZodIssue): string {
  if (issue.code === 'invalid_union') {
    const expected = issue.errors
      .flat()
      .map((inner) => (inner.code === 'invalid_type' ? inner.expected : inner.message));
    return `expected ${[...new Set(expected)].join(' or ')}`;
  }
  return issue.message.replace(/^Invalid (input|option): /, '').replace(/, received .*$/, '');
}

/**
 * Validates a payload and fills in its defaults.
 *
 * @throws PayloadError that lists every fault at once, with the nearest known key for each unknown one.
 */
export function parsePayload(payload: unknown): Payload {
  const result = payloadSchema.safeParse(payload);
  if (result.success) return result.data;
  throw new PayloadError(result.error.issues.flatMap((issue) => faultsOf(issue, payload)));
}
