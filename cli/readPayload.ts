import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { messageOf } from '../run/errors.js';
import { UnreadableInputError } from './errors.js';

/**
 * Reads a payload file, or stdin for `-`.
 *
 * @throws UnreadableInputError when it is not there or not JSON.
 */
export async function readPayload(path: string, stdin: NodeJS.ReadableStream): Promise<unknown> {
  const name = path === '-' ? 'stdin' : path;
  const source = path === '-' ? await text(stdin) : await readText(path);
  try {
    return JSON.parse(source);
  } catch (error) {
    throw new UnreadableInputError(name, `expected JSON: ${messageOf(error)}`, error);
  }
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new UnreadableInputError(path, code === 'ENOENT' ? 'there is no such file.' : messageOf(error), error);
  }
}
