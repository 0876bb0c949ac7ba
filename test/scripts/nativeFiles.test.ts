import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };
import { systemCallLibrary } from '../../scripts/nativeFiles.js';

const command = 'npm install --no-save --force';
const pinned = packageJson.optionalDependencies.koffi;
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'muster-native-'));
});
afterEach(() => rm(folder, { recursive: true }));

/** A package of which every file says where it is from. */
async function install(name: string, version: string, files: readonly string[]): Promise<void> {
  for (const file of ['package.json', 'README.md', ...files]) {
    const path = join(folder, 'node_modules', name, file);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, file === 'package.json' ? JSON.stringify({ name, version }) : `${name}/${file}`);
  }
}

const installKoffi = (version: string) =>
  install('koffi', version, [
    'index.cjs',
    'index.js',
    'src/koffi/index.cjs',
    'src/koffi/index.js',
    'src/koffi/src/static.cjs',
    'src/koffi/src/call.cc',
  ]);

const installBinary = (architecture: string, version: string) =>
  install(`@koromix/koffi-linux-${architecture}`, version, [
    'index.js',
    `linux_${architecture}/koffi.node`,
    `musl_${architecture}/koffi.node`,
  ]);

describe.each(['x64', 'arm64'] as const)('koffi for Linux %s', (architecture) => {
  const target = { platform: 'linux', architecture } as const;
  const binary = `@koromix/koffi-linux-${architecture}`;

  it('is what is loaded of it, with the library for glibc, where Node looks for packages', async () => {
    await installKoffi('7.8.9');
    await installBinary('x64', '7.8.9');
    await installBinary('arm64', '7.8.9');
    const { files, warnings } = await systemCallLibrary(target, folder);
    expect(warnings).toEqual([]);
    expect(files.map(({ path }) => path)).toEqual([
      'node_modules/koffi/package.json',
      'node_modules/koffi/index.cjs',
      'node_modules/koffi/src/koffi/index.cjs',
      'node_modules/koffi/src/koffi/src/static.cjs',
      `node_modules/${binary}/package.json`,
      `node_modules/${binary}/index.js`,
      `node_modules/${binary}/linux_${architecture}/koffi.node`,
    ]);
    expect(Buffer.from(files.at(-1)!.bytes).toString()).toBe(`${binary}/linux_${architecture}/koffi.node`);
  });

  it('is left out, saying what adds it, when only the other processor has its library', async () => {
    await installKoffi('7.8.9');
    await installBinary(architecture === 'x64' ? 'arm64' : 'x64', '7.8.9');
    const { files, warnings } = await systemCallLibrary(target, folder);
    expect(files).toEqual([]);
    expect(warnings).toEqual([expect.stringMatching(`Linux ${architecture} .*: ${command} ${binary}@7\\.8\\.9$`)]);
  });

  it('is left out, saying what replaces it, when its library is of another version', async () => {
    await installKoffi('7.8.9');
    await installBinary(architecture, '7.8.8');
    const { files, warnings } = await systemCallLibrary(target, folder);
    expect(files).toEqual([]);
    expect(warnings).toEqual([expect.stringMatching(`: ${command} ${binary}@7\\.8\\.9$`)]);
  });

  it('is left out, saying what adds the version of package.json, when it is not installed at all', async () => {
    const { files, warnings } = await systemCallLibrary(target, folder);
    expect(files).toEqual([]);
    expect(warnings).toEqual([expect.stringContaining(`: ${command} koffi@${pinned} ${binary}@${pinned}`)]);
  });

  it('is not looked for elsewhere than on Linux', async () => {
    expect(await systemCallLibrary({ platform: 'darwin', architecture }, folder)).toEqual({ files: [], warnings: [] });
  });
});
