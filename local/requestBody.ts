import type { IncomingMessage } from 'node:http';

/**
 * Reads a request's body to its end.
 *
 * @returns undefined when it is longer than `limitBytes`; what exceeds the limit is read but not kept, so that the
 * sender gets an answer instead of a broken connection.
 */
export async function readBody(request: IncomingMessage, limitBytes: number): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request) {
    const bytes: Buffer = chunk;
    length += bytes.length;
    if (length <= limitBytes) chunks.push(bytes);
    else chunks.length = 0;
  }
  return length <= limitBytes ? Buffer.concat(chunks, length) : undefined;
}
