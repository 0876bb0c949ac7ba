import { totalmem } from 'node:os';

/** Memory that one rank's process needs at least, with the model loaded. */
const processBytes = 320 * 2 ** 20;
/** What an AWS account has by default. */
const accountDefault = 1_000;

/** Concurrent executions that this machine's memory has room for, as many as an AWS account has by default at most. */
export function defaultConcurrency(totalBytes = totalmem(), constrainedBytes = process.constrainedMemory()): number {
  const memory = constrainedBytes > 0 ? Math.min(totalBytes, constrainedBytes) : totalBytes;
  return Math.min(accountDefault, Math.max(8, Math.floor((memory * 0.75) / processBytes)));
}
