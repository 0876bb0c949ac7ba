import { createHash } from 'node:crypto';

/**
 * A file name for a log group or stream: readable, of bounded length, and different for different names, also where
 * the file system does not tell upper from lower case. The name itself stands in the file.
 */
export function fileNameFor(name: string): string {
  const readable = name.replace(/[^a-zA-Z0-9-]+/g, '_').slice(-80);
  return `${readable}-${createHash('sha256').update(name).digest('hex').slice(0, 16)}`;
}
