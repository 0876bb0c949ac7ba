import { createHash } from 'node:crypto';
import { access, mkdir, readdir, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { messageOf } from '../run/errors.js';
import { s3Uri } from '../run/keys.js';
import type { PlannedScript } from '../run/plan.js';
import type { ObjectInfo, ObjectStore } from '../storage/objectStore.js';
import type { Script } from './context.js';
import { ScriptError } from './errors.js';

type ModuleScript = Extract<PlannedScript, { kind: 'module' }>;

/**
 * Fetches a script's folder to /tmp, once an environment and version, and imports its module. /tmp is the environment's own,
 * and runs one attempt at a time: every other script there is of an attempt that is over, and goes.
 *
 * @throws ScriptError when the module cannot be imported or has no function as its default export.
 */
export async function loadScript(store: ObjectStore, bucket: string, script: ModuleScript): Promise<Script> {
  const name = s3Uri(bucket, script.key);
  const folder = await fetchFolder(store, bucket, script);
  const path = join(folder, script.key.slice(script.prefix.length + 1));
  let module: unknown;
  try {
    module = await import(pathToFileURL(path).href);
  } catch (error) {
    throw new ScriptError(name, `could not be imported: ${messageOf(error)}`, error);
  }
  const run = typeof module === 'object' && module !== null && 'default' in module ? module.default : undefined;
  if (!isScript(run)) throw new ScriptError(name, 'has no function as its default export');
  return run;
}

const isScript = (value: unknown): value is Script => typeof value === 'function';

async function fetchFolder(store: ObjectStore, bucket: string, script: ModuleScript): Promise<string> {
  const objects: ObjectInfo[] = [];
  for await (const object of store.list(bucket, `${script.prefix}/`)) {
    // Models are loaded into memory by ctx.openModel(), and folder markers hold nothing.
    if (!object.key.endsWith('/') && !object.key.endsWith('.onnx')) objects.push(object);
  }
  const version = createHash('sha256');
  for (const { key, etag } of objects) version.update(`${bucket}/${key}\n${etag}\n`);
  const versionName = version.digest('hex').slice(0, 32);
  const scripts = join(tmpdir(), 'muster-scripts');
  await removeOthers(scripts, versionName);
  const folder = join(scripts, versionName);
  if (await exists(folder)) return folder;

  // Fetched beside its place and moved there whole, so that a broken download is never taken for the script.
  const staging = `${folder}.${process.pid}.${Date.now()}`;
  try {
    await mkdir(staging, { recursive: true });
    await Promise.all(
      objects.map((object) => store.download(bucket, object.key, join(staging, relativePath(bucket, script, object)))),
    );
    await rename(staging, folder);
  } catch (error) {
    await rm(staging, { recursive: true, force: true });
    // Another attempt in the same /tmp may have moved its own copy there first.
    if (!(await exists(folder))) throw error;
  }
  return folder;
}

/** Removes every version but one, and what broken downloads have left. */
async function removeOthers(scripts: string, kept: string): Promise<void> {
  const names = await readdir(scripts).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  await Promise.all(
    names.filter((name) => name !== kept).map((name) => rm(join(scripts, name), { recursive: true, force: true })),
  );
}

function relativePath(bucket: string, script: ModuleScript, { key }: ObjectInfo): string {
  const path = key.slice(script.prefix.length + 1);
  if (path.split('/').some((part) => part === '..' || part === '.' || part === '')) {
    throw new ScriptError(
      s3Uri(bucket, script.key),
      `lies in a folder with the key ${JSON.stringify(key)}, which is no path`,
    );
  }
  return path;
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
