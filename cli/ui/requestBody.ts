import type { IncomingMessage } from 'node:http';
import { z } from 'zod';
import { RequestRefusedError } from './errors.js';

/** Step Functions takes inputs of 256 KiB; the text of one may hold as much white space again. */
const mostBytes = 1024 * 1024;

/**
 * Reads what a request brings.
 *
 * @throws RequestRefusedError when it is too much or not of the shape that is expected.
 */
export async function readBody<T>(request: IncomingMessage, schema: z.ZodType<T>): Promise<T> {
  const pieces: Buffer[] = [];
  let length = 0;
  for await (const piece of request) {
    length += piece.length;
    if (length > mostBytes) throw new RequestRefusedError(413, `More than ${mostBytes} bytes are not taken.`);
    pieces.push(piece);
  }
  const parsed = z.safeParse(schema, parseJson(Buffer.concat(pieces).toString('utf8')));
  if (parsed.success) return parsed.data;
  throw new RequestRefusedError(400, `The request is not what was expected: ${z.prettifyError(parsed.error)}`);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) throw new RequestRefusedError(400, `Expected JSON: ${error.message}`);
    throw error;
  }
}
