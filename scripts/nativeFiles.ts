import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import packageJson from '../package.json' with { type: 'json' };

/** Where the native files of a bundle are to run. */
export interface NativeTarget {
  readonly platform: 'linux' | 'darwin';
  readonly architecture: 'x64' | 'arm64';
}

/** One file of a function's code, by its path from the root of the zip. */
export interface BundledFile {
  readonly path: string;
  readonly bytes: Uint8Array;
}

/** The code of a function, or a part of it. */
export interface Bundle {
  readonly files: readonly BundledFile[];
  /** What will be slower for want of a package that is not installed, and the command that installs it. */
  readonly warnings: readonly string[];
}

const root = fileURLToPath(new URL('..', import.meta.url));

/** The binding of onnxruntime-node and the library behind it, of the one platform; they lie beside the bundle. */
export function inferenceRuntime({ platform, architecture }: NativeTarget): Promise<BundledFile[]> {
  const folder = join(root, 'node_modules', 'onnxruntime-node', 'bin', 'napi-v6', platform, architecture);
  const library = platform === 'darwin' ? 'libonnxruntime.1.dylib' : 'libonnxruntime.so.1';
  return filesFrom(folder, ['onnxruntime_binding.node', library]);
}

/** What of koffi is loaded when it is required; the rest of the package is its sources and other ways to load it. */
const koffiModules = ['package.json', 'index.cjs', 'src/koffi/index.cjs', 'src/koffi/src/static.cjs'];

/**
 * koffi, by which direct links make system calls, with its library for the one processor and glibc, which is what Lambda has;
 * they lie where Node looks for packages. npm installs the library for the processor of this machine only.
 *
 * @param folder whose `node_modules` it is taken from.
 */
export async function systemCallLibrary(target: NativeTarget, folder = root): Promise<Bundle> {
  const { platform, architecture } = target;
  // Elsewhere direct links make no system calls.
  if (platform !== 'linux') return { files: [], warnings: [] };
  const binary = `@koromix/koffi-linux-${architecture}`;
  const version = (await installedVersion(folder, 'koffi')) ?? packageJson.optionalDependencies.koffi;
  const versions = await Promise.all(
    ['koffi', binary].map(async (name) => ({ name, found: await installedVersion(folder, name) })),
  );
  // koffi refuses a library of another version.
  const wanted = versions.filter(({ found }) => found !== version).map(({ name }) => `${name}@${version}`);
  if (wanted.length > 0) return { files: [], warnings: [withoutSystemCalls(target, wanted)] };
  const modules = koffiModules.map((path) => `node_modules/koffi/${path}`);
  const library = ['package.json', 'index.js', `linux_${architecture}/koffi.node`];
  const paths = [...modules, ...library.map((path) => `node_modules/${binary}/${path}`)];
  return { files: await filesFrom(folder, paths), warnings: [] };
}

function withoutSystemCalls({ architecture }: NativeTarget, wanted: readonly string[]): string {
  const missing = `${wanted.join(' and ')} ${wanted.length > 1 ? 'are' : 'is'} not installed`;
  return (
    `Direct links between ranks on Linux ${architecture} will use Node's sockets, which are slower: ${missing}. ` +
    `What adds the faster ones: npm install --no-save --force ${wanted.join(' ')}`
  );
}

function filesFrom(folder: string, paths: readonly string[]): Promise<BundledFile[]> {
  return Promise.all(paths.map(async (path) => ({ path, bytes: await readFile(join(folder, path)) })));
}

/** `undefined` when the package is not there. */
async function installedVersion(folder: string, name: string): Promise<string | undefined> {
  try {
    const text = await readFile(join(folder, 'node_modules', name, 'package.json'), 'utf8');
    const manifest: { version: string } = JSON.parse(text);
    return manifest.version;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}
