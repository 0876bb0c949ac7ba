import { readdir, stat } from 'node:fs/promises';
import { basename, join, relative, resolve, sep } from 'node:path';
import { UnreadableInputError, UsageError } from '../errors.js';

/** A file and the key that it goes to. */
export interface UploadItem {
  readonly path: string;
  readonly key: string;
  /** Bytes. */
  readonly size: number;
}

/**
 * The files of a command line with their keys: a file goes to `<prefix>/<name>`, a folder's files go to
 * `<prefix>/<path below the folder>`.
 *
 * @throws UnreadableInputError, UsageError when two files would have one key.
 */
export async function uploadItems(sources: readonly string[], prefix: string): Promise<UploadItem[]> {
  const root = prefix.replace(/\/+$/, '');
  const items = (await Promise.all(sources.map((source) => itemsOf(source, root)))).flat();
  const byKey = new Map<string, UploadItem>();
  for (const item of items) {
    const other = byKey.get(item.key);
    if (other) throw new UsageError(`${other.path} and ${item.path} would both become ${item.key}.`);
    byKey.set(item.key, item);
  }
  return items.sort((left, right) => (left.key < right.key ? -1 : 1));
}

async function itemsOf(source: string, root: string): Promise<UploadItem[]> {
  const info = await stat(source).catch((error: NodeJS.ErrnoException) => {
    throw new UnreadableInputError(
      source,
      error.code === 'ENOENT' ? 'there is no such file or folder.' : error.message,
    );
  });
  if (!info.isDirectory()) return [{ path: source, key: joinKey(root, basename(resolve(source))), size: info.size }];
  const paths = await filesBelow(source);
  return Promise.all(
    paths.map(async (path) => ({
      path,
      key: joinKey(root, relative(source, path).split(sep).join('/')),
      size: (await stat(path)).size,
    })),
  );
}

/** Files under a folder; links to files count as files, links to folders are not followed. */
async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true });
  const candidates = entries.filter((entry) => entry.isFile() || entry.isSymbolicLink());
  const paths = candidates.map((entry) => join(entry.parentPath, entry.name));
  const kept = await Promise.all(paths.map(async (path) => ((await stat(path)).isFile() ? [path] : [])));
  return kept.flat();
}

const joinKey = (root: string, name: string): string => (root === '' ? name : `${root}/${name}`);
