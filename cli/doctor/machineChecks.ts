import { access, statfs } from 'node:fs/promises';
import { createServer } from 'node:net';
import { totalmem } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import packageJson from '../../package.json' with { type: 'json' };
import { defaultConcurrency } from '../cloud/concurrency.js';
import { isAlive } from '../cloud/stackClient.js';
import { currentHolder } from '../cloud/stackLock.js';
import type { StateDirectory } from '../cloud/stateDirectory.js';
import { bytes, count } from '../terminal/quantities.js';
import { type Check, failed, look, ok, warning } from './check.js';

/** Room that a run needs at least, and room to work with. */
const disk = { leastBytes: 500e6, comfortableBytes: 5e9 };
/** The embedded cloud, the rendezvous and one executor. */
const leastMemoryBytes = 1e9;

/** What the machine itself must have for the embedded cloud. */
export async function machineChecks(directory: StateDirectory, packageRoot: string): Promise<Check[]> {
  return Promise.all([
    look('node', 'Install a current Node.js.', async () => checkNode(process.versions.node)),
    look('built', 'Build it with "npm run build".', () => checkBuilt(packageRoot)),
    look('ports', 'Allow this process to listen on 127.0.0.1.', checkPorts),
    look('state-directory', 'Name a place that can be written with --directory.', () =>
      checkDisk(resolve(directory.path)),
    ),
    look('memory', 'Use a machine with more memory.', async () => checkMemory(totalmem(), process.constrainedMemory())),
    look('embedded-cloud', 'End it with "muster down" and start it again.', () => checkCloud(directory)),
  ]);
}

/** The versions of Node that package.json says Muster works with. */
export function checkNode(version: string, wanted = packageJson.engines.node): Check {
  const [, major, minor] = /^>=(\d+)\.(\d+)$/.exec(wanted)?.map(Number) ?? [];
  const [hasMajor, hasMinor] = version.split('.').map(Number);
  const enough = hasMajor > major || (hasMajor === major && hasMinor >= minor);
  return enough
    ? ok('node', `Node.js ${version}`)
    : failed('node', `Node.js ${version} is too old.`, `Install ${wanted}; the functions on AWS run on 22.`);
}

async function checkBuilt(packageRoot: string): Promise<Check> {
  for (const built of ['dist/cli/muster.js', 'dist/functions/executor', 'dist/local/bootstrap.mjs']) {
    const there = await access(join(packageRoot, built)).then(
      () => true,
      () => false,
    );
    if (!there) return failed('built', `${built} is missing.`, 'Build it with "npm run build".');
  }
  return ok('built', 'the command and the functions are built');
}

async function checkPorts(): Promise<Check> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  await new Promise((resolve) => server.close(resolve));
  return ok('ports', 'ports of 127.0.0.1 can be listened on');
}

async function checkDisk(path: string): Promise<Check> {
  const { bavail, bsize } = await statfsOfNearest(path);
  return judgeDisk(path, bavail * bsize);
}

/** Of the folder, or while it is not made yet of the nearest one above it. */
async function statfsOfNearest(path: string): Promise<{ readonly bavail: number; readonly bsize: number }> {
  try {
    return await statfs(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ENOENT' || dirname(path) === path) throw error;
    return statfsOfNearest(dirname(path));
  }
}

export function judgeDisk(path: string, freeBytes: number): Check {
  const found = `${bytes(freeBytes)} are free for ${path}`;
  const remedy = 'Free some, or name another place with --directory.';
  if (freeBytes < disk.leastBytes) return failed('state-directory', `Only ${found}.`, remedy);
  if (freeBytes < disk.comfortableBytes) return warning('state-directory', `Only ${found}.`, remedy);
  return ok('state-directory', found);
}

export function checkMemory(totalBytes: number, constrainedBytes: number): Check {
  const memory = constrainedBytes > 0 ? Math.min(totalBytes, constrainedBytes) : totalBytes;
  const ranks = defaultConcurrency(totalBytes, constrainedBytes);
  const found = `${bytes(memory)} of memory, room for ${count(ranks)} ranks at a time`;
  return memory < leastMemoryBytes
    ? failed('memory', `Only ${found}.`, 'Use a machine with at least 1 GB for Muster.')
    : ok('memory', found);
}

async function checkCloud(directory: StateDirectory): Promise<Check> {
  const holder = await currentHolder(directory.lockFolder);
  const alive = holder !== undefined && (await isAlive(holder, directory.path));
  return ok('embedded-cloud', alive ? `runs as process ${holder.pid}` : 'does not run; "muster run" starts it');
}
