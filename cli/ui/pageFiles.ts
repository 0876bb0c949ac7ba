import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { NotBuiltError } from '../errors.js';
import { packageRoot } from '../packageRoot.js';

/** One file of the page. */
export interface PageFile {
  readonly contentType: string;
  readonly content: Buffer;
}

const contentTypes: Readonly<Record<string, string>> = {
  'index.html': 'text/html; charset=utf-8',
  'dashboard.js': 'text/javascript; charset=utf-8',
  'dashboard.css': 'text/css; charset=utf-8',
  'icon.svg': 'image/svg+xml',
};

/**
 * The built page, by the names of its files.
 *
 * @throws NotBuiltError
 */
export async function readPage(folder = join(packageRoot, 'dist', 'ui')): Promise<ReadonlyMap<string, PageFile>> {
  const read = async ([name, contentType]: [string, string]) =>
    [name, { contentType, content: await readFile(join(folder, name)) }] as const;
  try {
    return new Map(await Promise.all(Object.entries(contentTypes).map(read)));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') throw new NotBuiltError(folder);
    throw error;
  }
}
