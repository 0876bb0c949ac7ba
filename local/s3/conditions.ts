import { S3Error } from './errors.js';

/** What conditional headers compare: entity tag without quotes, and time of the last change. */
export interface Validators {
  etag: string;
  lastModifiedMs: number;
}

export interface ReadConditions {
  ifMatch?: string;
  ifNoneMatch?: string;
  ifModifiedSince?: string;
  ifUnmodifiedSince?: string;
}

export interface WriteConditions {
  ifMatch?: string;
  ifNoneMatch?: string;
}

/** What a read must answer, by RFC 9110 section 13.2.2: `If-Match` overrules `If-Unmodified-Since`, and so on. */
export function evaluateRead(object: Validators, conditions: ReadConditions): 'proceed' | 'notModified' {
  const { ifMatch, ifNoneMatch, ifModifiedSince, ifUnmodifiedSince } = conditions;
  if (ifMatch !== undefined) {
    if (!listsTag(ifMatch, object.etag)) throw preconditionFailed('If-Match');
  } else if (ifUnmodifiedSince !== undefined && isChangedSince(object, ifUnmodifiedSince, false)) {
    throw preconditionFailed('If-Unmodified-Since');
  }
  if (ifNoneMatch !== undefined) return listsTag(ifNoneMatch, object.etag) ? 'notModified' : 'proceed';
  if (ifModifiedSince !== undefined && !isChangedSince(object, ifModifiedSince, true)) return 'notModified';
  return 'proceed';
}

/** Lets a copy go on only if its source is as the caller expects. Every condition that fails is 412. */
export function requireCopySource(object: Validators, conditions: ReadConditions): void {
  if (evaluateRead(object, conditions) === 'notModified') throw preconditionFailed('x-amz-copy-source-If-None-Match');
}

/**
 * Lets a write go on only if the present object, or its absence, is what the writer expects.
 *
 * @throws S3Error PreconditionFailed, or NoSuchKey when `If-Match` meets no object at all
 */
export function requireWritable(key: string, present: Validators | undefined, conditions: WriteConditions): void {
  const { ifMatch, ifNoneMatch } = conditions;
  if (ifNoneMatch !== undefined && present) throw preconditionFailed('If-None-Match');
  if (ifMatch === undefined) return;
  if (!present) throw new S3Error('NoSuchKey', { details: { Key: key } });
  if (!listsTag(ifMatch, present.etag)) throw preconditionFailed('If-Match');
}

/** Whether a list of entity tags, quoted or not, or `*`, holds this one. */
export function listsTag(list: string, etag: string): boolean {
  return list.split(',').some((item) => {
    const tag = item
      .trim()
      .replace(/^W\//, '')
      .replace(/^"(.*)"$/, '$1');
    return tag === '*' || tag === etag;
  });
}

/** HTTP dates count whole seconds. A date that cannot be read is no condition: `whenUnreadable`. */
function isChangedSince(object: Validators, date: string, whenUnreadable: boolean): boolean {
  const sinceMs = Date.parse(date);
  if (Number.isNaN(sinceMs)) return whenUnreadable;
  return Math.floor(object.lastModifiedMs / 1000) * 1000 > sinceMs;
}

function preconditionFailed(condition: string): S3Error {
  return new S3Error('PreconditionFailed', { details: { Condition: condition } });
}
