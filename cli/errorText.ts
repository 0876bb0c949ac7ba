import { MusterError, messageOf } from '../run/errors.js';

/** An error as the command reports it. */
export interface ErrorReport {
  /** Stable; for our own errors the code, else the error's name. */
  readonly code: string;
  readonly message: string;
  /** What to do, for errors of others whose message does not say. */
  readonly hint?: string;
  /** Whether we did not foresee it, so that its stack may help. */
  readonly unexpected: boolean;
}

const hints: Readonly<Record<string, string>> = {
  CredentialsProviderError:
    'Log in to AWS (for example "aws sso login") or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.',
  ExpiredTokenException: 'The AWS credentials have expired; log in again.',
  ExpiredToken: 'The AWS credentials have expired; log in again.',
  UnrecognizedClientException: 'The AWS credentials are not valid for this endpoint.',
  AccessDeniedException: 'The AWS credentials lack the permission for this call.',
  AccessDenied: 'The AWS credentials lack the permission for this call.',
};

/** What to do about faults of the file system, by the codes of Node's system errors. */
const fileHints: Readonly<Record<string, string>> = {
  ENOSPC: 'The disk is full: free some space, or name another place with --directory.',
  EDQUOT: 'The disk quota is used up: free some space, or name another place with --directory.',
  EROFS: 'That place can only be read; name another with --directory.',
  EACCES: 'That place may not be used; name another with --directory, or change its permissions.',
  EPERM: 'That place may not be used; name another with --directory, or change its permissions.',
  ENOENT: 'Check the path; the state of the embedded cloud can lie elsewhere with --directory.',
  ENOTDIR: 'A part of the path is a file; check it, or name another place with --directory.',
  EMFILE: 'Too many files are open: raise the limit ("ulimit -n 8192"), or lower --concurrency.',
};

export function errorReport(error: unknown): ErrorReport {
  if (error instanceof MusterError) return { code: error.code, message: error.message, unexpected: false };
  const code = error instanceof Error ? error.name : 'Error';
  const message = describe(error);
  if (message === 'Region is missing') {
    return { code, message, hint: 'Name one with --region or AWS_REGION.', unexpected: false };
  }
  const fileHint = fileHintOf(error);
  if (fileHint) return { ...fileHint, message, unexpected: false };
  return { code, message, hint: hints[code], unexpected: !(code in hints) };
}

function fileHintOf(error: unknown): { code: string; hint: string } | undefined {
  if (!(error instanceof Error) || !('syscall' in error) || !('code' in error)) return undefined;
  const code = String(error.code);
  return code in fileHints ? { code, hint: fileHints[code] } : undefined;
}

/** Connection errors of several addresses come as an AggregateError without a message. */
function describe(error: unknown): string {
  if (error instanceof AggregateError && error.message === '') return error.errors.map(messageOf).join('; ');
  return messageOf(error);
}
