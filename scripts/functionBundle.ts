import { readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BuildOptions, build, type Plugin } from 'esbuild';
import { type Bundle, inferenceRuntime, type NativeTarget, systemCallLibrary } from './nativeFiles.js';

/** What each is in `functions/`, in `serverless.yml` and in `dist/functions/`. */
export const functionNames = ['initialize', 'executor', 'aggregate', 'release', 'rendezvous'] as const;
export type FunctionName = (typeof functionNames)[number];

const root = fileURLToPath(new URL('..', import.meta.url));

/** ESM output that still bundles CommonJS packages needs `require` and `__dirname`. */
const commonJsShims = [
  `import { createRequire as __createRequire } from 'node:module';`,
  `import { dirname as __dirnameOf } from 'node:path';`,
  `import { fileURLToPath as __pathOf } from 'node:url';`,
  `const require = __createRequire(import.meta.url);`,
  `const __filename = __pathOf(import.meta.url);`,
  `const __dirname = __dirnameOf(__filename);`,
].join('\n');

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

/** How everything that runs on AWS is bundled. */
export const bundleOptions = {
  absWorkingDir: root,
  // Or the maps would say where a node_modules lies that several working copies share.
  preserveSymlinks: true,
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'esm',
  minify: true,
  keepNames: true,
  // Lines and names for stack traces. The sources themselves would triple the code and are read at every cold start.
  sourcemap: true,
  sourcesContent: false,
  logLevel: 'warning',
  outExtension: { '.js': '.mjs' },
  banner: { js: commonJsShims },
  // Both only mask WebSocket frames, which nobody does under TLS, where ranks meet on AWS.
  external: ['bufferutil', 'utf-8-validate'],
  plugins: [nativeBindingBesideBundle],
  write: false,
} satisfies BuildOptions;

/** Bundles the code of a function with everything that it needs at run time, in the order of the paths. */
export async function bundleFunction(name: FunctionName, target: NativeTarget): Promise<Bundle> {
  const entryPoints: Record<string, string> = { index: join(root, 'functions', `${name}.ts`) };
  if (name === 'executor') entryPoints.inferenceWorker = join(root, 'models', 'inferenceWorker.ts');
  // Nothing is written there: maps name the sources relative to it, the same in every working copy.
  const outdir = join(root, 'dist', 'functions', name);
  const { outputFiles = [] } = await build({ ...bundleOptions, entryPoints, outdir });
  const bundled = outputFiles.map(({ path, contents }) => ({ path: relative(outdir, path), bytes: contents }));
  const native = name === 'executor' ? await nativeFiles(target) : { files: [], warnings: [] };
  const files = [...bundled, ...native.files].sort((left, right) => (left.path < right.path ? -1 : 1));
  return { files, warnings: native.warnings };
}

/** What a rank needs beside the bundle. */
async function nativeFiles(target: NativeTarget): Promise<Bundle> {
  const [runtime, { files, warnings }] = await Promise.all([inferenceRuntime(target), systemCallLibrary(target)]);
  return { files: [...runtime, ...files], warnings };
}
