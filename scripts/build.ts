import { copyFile, mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BuildOptions, build } from 'esbuild';
import { bundleFunction, functionNames } from './functionBundle.js';
import { bundleHostServer } from './hostBundle.js';
import type { NativeTarget } from './nativeFiles.js';

/*
 * Builds `dist/`: the command, the Lambda handlers (each folder is what its zip holds), and the runtime of the embedded
 * cloud, the server of a rendezvous host, and the page of the dashboard. Usage: tsx scripts/build.ts [cli] [functions] [host]
 * [local] [ui]; without names, all of them.
 */

const root = fileURLToPath(new URL('..', import.meta.url));
const out = (...parts: string[]) => join(root, 'dist', ...parts);
const machine: NativeTarget = {
  platform: process.platform === 'darwin' ? 'darwin' : 'linux',
  architecture: process.arch === 'arm64' ? 'arm64' : 'x64',
};

const base: BuildOptions = {
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'esm',
  sourcemap: true,
  logLevel: 'warning',
};

/** Each folder holds what the zip of a deployment holds, with the native files of this machine. */
async function buildFunctions(): Promise<void> {
  await Promise.all(
    functionNames.map(async (name) => {
      const { files, warnings } = await bundleFunction(name, machine);
      for (const { path, bytes } of files) {
        await mkdir(dirname(out('functions', name, path)), { recursive: true });
        await writeFile(out('functions', name, path), bytes);
      }
      for (const warning of warnings) console.warn(`${name}: ${warning}`);
    }),
  );
}

async function buildHost(): Promise<void> {
  await mkdir(out('host'), { recursive: true });
  await writeFile(out('host', 'server.mjs'), await bundleHostServer());
}

async function buildLocal(): Promise<void> {
  await build({
    ...base,
    entryPoints: [join(root, 'local', 'lambda', 'bootstrap.ts')],
    outfile: out('local', 'bootstrap.mjs'),
  });
}

async function buildCli(): Promise<void> {
  await build({
    ...base,
    // `muster bench` starts each rank as a process of its own.
    entryPoints: [join(root, 'cli', 'muster.ts'), join(root, 'cli', 'bench', 'rankProcess.ts')],
    outbase: join(root, 'cli'),
    outdir: out('cli'),
    splitting: true,
    packages: 'external',
  });
}

async function buildUi(): Promise<void> {
  const page = join(root, 'cli', 'ui', 'page');
  await build({
    bundle: true,
    minify: true,
    platform: 'browser',
    target: 'es2022',
    format: 'esm',
    jsx: 'automatic',
    jsxImportSource: 'preact',
    logLevel: 'warning',
    entryPoints: [
      { in: join(page, 'main.tsx'), out: 'dashboard' },
      { in: join(page, 'dashboard.css'), out: 'dashboard' },
    ],
    outdir: out('ui'),
  });
  for (const file of ['index.html', 'icon.svg']) await copyFile(join(page, file), out('ui', file));
}

const targets = { functions: buildFunctions, host: buildHost, local: buildLocal, cli: buildCli, ui: buildUi };
type Target = keyof typeof targets;

const isTarget = (name: string): name is Target => Object.hasOwn(targets, name);
const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !isTarget(name));
if (unknown.length > 0)
  throw new Error(`unknown target ${unknown.join(', ')}; known: ${Object.keys(targets).join(', ')}`);
const chosen = (asked.length > 0 ? asked : Object.keys(targets)).filter(isTarget);
for (const name of chosen) await rm(dirname(out(name, '_')), { recursive: true, force: true });
await Promise.all(chosen.map((name) => targets[name]()));
