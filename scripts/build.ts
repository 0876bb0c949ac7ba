import { cp, mkdir, readFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BuildOptions, build, type Plugin } from 'esbuild';

/*
 * Builds `dist/`: the command, the Lambda handlers (each folder is what its zip holds), and the runtime of the embedded
 * cloud. Usage: tsx scripts/build.ts [cli] [functions] [local]; without names, all of them.
 */

const root = fileURLToPath(new URL('..', import.meta.url));
const out = (...parts: string[]) => join(root, 'dist', ...parts);
const functionNames = ['initialize', 'executor', 'aggregate', 'release'] as const;

/** ESM output that still bundles CommonJS packages needs `require` and `__dirname`. */
const commonJsShims = [
  `import { createRequire as __createRequire } from 'node:module';`,
  `import { dirname as __dirnameOf } from 'node:path';`,
  `import { fileURLToPath as __pathOf } from 'node:url';`,
  `const require = __createRequire(import.meta.url);`,
  `const __filename = __pathOf(import.meta.url);`,
  `const __dirname = __dirnameOf(__filename);`,
].join('\n');

const base: BuildOptions = {
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'esm',
  sourcemap: true,
  logLevel: 'warning',
};

/** Makes onnxruntime-node load its native binding from beside the bundle instead of from its package folder. */
const nativeBindingBesideBundle: Plugin = {
  name: 'native-binding-beside-bundle',
  setup(build) {
    build.onLoad({ filter: /onnxruntime-node[\\/]dist[\\/]binding\.js$/ }, async ({ path }) => {
      const source = await readFile(path, 'utf8');
      const patched = source.replace(/require\(`\.\.\/bin[^`]*`\)/, `require('./onnxruntime_binding.node')`);
      if (patched === source) throw new Error(`${path}: the require of the native binding was not found`);
      return { contents: patched, loader: 'js' };
    });
    build.onResolve({ filter: /\.node$/ }, ({ path }) => ({ path, external: true }));
  },
};

async function buildFunctions(): Promise<void> {
  const bundled: BuildOptions = {
    ...base,
    minify: true,
    keepNames: true,
    outExtension: { '.js': '.mjs' },
    banner: { js: commonJsShims },
    external: ['bufferutil', 'utf-8-validate'],
    plugins: [nativeBindingBesideBundle],
  };
  await Promise.all(
    functionNames.map(async (name) => {
      const outdir = out('functions', name);
      const entryPoints: Record<string, string> = { index: join(root, 'functions', `${name}.ts`) };
      if (name === 'executor') entryPoints.inferenceWorker = join(root, 'models', 'inferenceWorker.ts');
      await build({ ...bundled, entryPoints, outdir });
    }),
  );
  await copyNativeBinding(out('functions', 'executor'));
}

async function copyNativeBinding(target: string): Promise<void> {
  const architecture = process.arch === 'arm64' ? 'arm64' : 'x64';
  const library = process.platform === 'darwin' ? 'libonnxruntime.1.dylib' : 'libonnxruntime.so.1';
  const source = join(root, 'node_modules', 'onnxruntime-node', 'bin', 'napi-v6', process.platform, architecture);
  await mkdir(target, { recursive: true });
  for (const file of ['onnxruntime_binding.node', library]) await cp(join(source, file), join(target, file));
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

const targets = { functions: buildFunctions, local: buildLocal, cli: buildCli };
type Target = keyof typeof targets;

const isTarget = (name: string): name is Target => Object.hasOwn(targets, name);
const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !isTarget(name));
if (unknown.length > 0)
  throw new Error(`unknown target ${unknown.join(', ')}; known: ${Object.keys(targets).join(', ')}`);
const chosen = (asked.length > 0 ? asked : Object.keys(targets)).filter(isTarget);
for (const name of chosen) await rm(dirname(out(name, '_')), { recursive: true, force: true });
await Promise.all(chosen.map((name) => targets[name]()));
