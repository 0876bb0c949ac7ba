import { randomUUID } from 'node:crypto';
import type { FunctionDefinition } from './functionDefinition.js';
import { type Account, functionArn } from './functionName.js';

/** Version of a function that its changes go to. */
export const latestVersion = '$LATEST';

/**
 * One state of a function: the one that changes go to, or a published version, which never changes. Environments belong
 * to exactly one revision.
 */
export interface FunctionRevision {
  readonly definition: FunctionDefinition;
  /** `$LATEST`, or a number that counts up from 1. */
  readonly version: string;
  /** Ends in the version, but for `$LATEST`. */
  readonly arn: string;
  readonly revisionId: string;
  readonly lastModified: Date;
}

/** A name for a published version. */
export interface FunctionAlias {
  readonly name: string;
  readonly version: string;
  readonly description: string;
  readonly revisionId: string;
}

/** A new revision of now. */
export function newRevision(account: Account, definition: FunctionDefinition, version: string): FunctionRevision {
  return {
    definition,
    version,
    arn: revisionArn(account, definition.name, version),
    revisionId: randomUUID(),
    lastModified: new Date(),
  };
}

/** @returns the ARN of a function, with its version unless that is `$LATEST`. */
export function revisionArn(account: Account, name: string, version: string): string {
  const arn = functionArn(account, name);
  return version === latestVersion ? arn : `${arn}:${version}`;
}

/** Log group that a function writes to. */
export function logGroupOf({ name, logGroup }: FunctionDefinition): string {
  return logGroup ?? `/aws/lambda/${name}`;
}
