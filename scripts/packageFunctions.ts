import { mkdir, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { bundleFunction, functionNames } from './functionBundle.js';
import { zipArchive } from './zipArchive.js';

/** Most that the files of a function may take unzipped. Source: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
const maxUnzippedBytes = 262_144_000;

/** Node's names of the processors that Lambda calls so. */
const architectures = { x86_64: 'x64', arm64: 'arm64' } as const;
export type LambdaArchitecture = keyof typeof architectures;

export const isLambdaArchitecture = (name: string): name is LambdaArchitecture => Object.hasOwn(architectures, name);

export interface PackagedFunction {
  readonly name: string;
  readonly artifact: string;
  readonly zippedBytes: number;
  readonly unzippedBytes: number;
  /** What will be slower in it for want of a package that is not installed, and the command that installs it. */
  readonly warnings: readonly string[];
}

/**
 * Bundles functions and writes a zip for each. The same sources and dependencies give the same bytes.
 *
 * @param artifacts - where the zip of each function goes, by its name.
 * @throws Error when a function has no sources here, or is larger than Lambda takes.
 */
export async function packageFunctions(
  artifacts: ReadonlyMap<string, string>,
  architecture: LambdaArchitecture,
): Promise<PackagedFunction[]> {
  const target = { platform: 'linux', architecture: architectures[architecture] } as const;
  return Promise.all(
    [...artifacts].map(async ([key, artifact]) => {
      const name = functionNames.find((known) => known === key);
      if (!name) throw new Error(`There is no functions/${key}.ts; known are ${functionNames.join(', ')}.`);
      const { files, warnings } = await bundleFunction(name, target);
      const unzippedBytes = files.reduce((sum, { bytes }) => sum + bytes.length, 0);
      if (unzippedBytes > maxUnzippedBytes)
        throw new Error(`${key} takes ${unzippedBytes} bytes unzipped; Lambda allows ${maxUnzippedBytes}.`);
      const zip = await zipArchive(files);
      await replaceFile(artifact, zip);
      return { name, artifact, zippedBytes: zip.length, unzippedBytes, warnings };
    }),
  );
}

/** Nobody ever sees a part of the file. */
async function replaceFile(path: string, bytes: Uint8Array): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const unfinished = `${path}.${process.pid}`;
  await writeFile(unfinished, bytes);
  await rename(unfinished, path);
}
