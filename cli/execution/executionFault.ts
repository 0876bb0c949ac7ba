import type { RunFault } from './runSnapshot.js';

/**
 * What an execution's `error` and `cause` say to people. A failed Lambda's cause is JSON
 * (`{ errorType, errorMessage, trace }`); everything else is text already.
 */
export function executionFault(error: string | undefined, cause: string | undefined): RunFault {
  const thrown = parseLambdaCause(cause);
  return {
    name: thrown?.errorType ?? error ?? 'Unknown',
    message: thrown?.errorMessage ?? (cause || 'The execution gave no cause.'),
  };
}

function parseLambdaCause(cause: string | undefined): { errorType?: string; errorMessage: string } | undefined {
  if (!cause?.startsWith('{')) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(cause);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null || !('errorMessage' in value)) return undefined;
  const { errorMessage } = value;
  if (typeof errorMessage !== 'string') return undefined;
  const errorType = 'errorType' in value && typeof value.errorType === 'string' ? value.errorType : undefined;
  return { errorType, errorMessage };
}
