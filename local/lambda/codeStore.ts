import { createHash, randomUUID } from 'node:crypto';
import { chmod, mkdir, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { type Entry, fromBufferPromise } from 'yauzl';
import { messageOf } from '../../run/errors.js';
import { InvalidParameterValueError } from './errors.js';
import type { FunctionDefinition } from './functionDefinition.js';

/** Where the zip of a function comes from. */
export type CodeSource =
  | { readonly zip: Buffer }
  | { readonly bucket: string; readonly key: string; readonly version?: string };

/** Reads a whole object of S3. */
export type ReadObject = (bucket: string, key: string) => Promise<Buffer>;

/** Bytes of a function's code, unzipped (Lambda quota). */
const maxUnzippedBytes = 262_144_000;

/** Code of functions that came as a zip: one folder for each content, under its SHA-256. */
export class CodeStore {
  readonly #directory: string;
  readonly #readObject: ReadObject;

  constructor(directory: string, readObject: ReadObject) {
    this.#directory = resolve(directory);
    this.#readObject = readObject;
  }

  /**
   * Unpacks a zip, unless that has been done before.
   *
   * @throws InvalidParameterValueError when the zip cannot be had, is none, leaves its folder or is too large.
   */
  async unpack(source: CodeSource): Promise<Required<Pick<FunctionDefinition, 'artifactFolder' | 'code'>>> {
    const zip = 'zip' in source ? source.zip : await this.#fetch(source.bucket, source.key);
    const hash = createHash('sha256').update(zip);
    const sha256 = hash.copy().digest('base64');
    const artifactFolder = join(this.#directory, hash.digest('hex'));
    const unpacked = await stat(artifactFolder).catch(() => undefined);
    if (!unpacked) await this.#extract(zip, artifactFolder);
    return { artifactFolder, code: { sha256, sizeBytes: zip.length } };
  }

  /** Removes all code but that in the given folders. Nothing may run it any more. */
  async keepOnly(folders: ReadonlySet<string>): Promise<void> {
    const names = await readdir(this.#directory).catch(() => []);
    const unused = names.map((name) => join(this.#directory, name)).filter((folder) => !folders.has(folder));
    await Promise.all(unused.map((folder) => rm(folder, { recursive: true, force: true })));
  }

  async #fetch(bucket: string, key: string): Promise<Buffer> {
    try {
      return await this.#readObject(bucket, key);
    } catch (error) {
      throw new InvalidParameterValueError(
        `Error occurred while GetObject of s3://${bucket}/${key}: ${messageOf(error)}`,
        { cause: error },
      );
    }
  }

  /** A folder is there whole or not at all. */
  async #extract(zip: Buffer, folder: string): Promise<void> {
    const temporary = `${folder}.${randomUUID()}`;
    await mkdir(temporary, { recursive: true });
    try {
      await extractAll(zip, temporary);
      await rename(temporary, folder);
    } catch (error) {
      await rm(temporary, { recursive: true, force: true });
      // Somebody else was faster with the same content.
      if (await stat(folder).catch(() => undefined)) return;
      if (error instanceof InvalidParameterValueError) throw error;
      throw new InvalidParameterValueError(`Could not unzip uploaded file: ${messageOf(error)}`, { cause: error });
    }
  }
}

async function extractAll(zip: Buffer, folder: string): Promise<void> {
  const archive = await fromBufferPromise(zip, { lazyEntries: true });
  let totalBytes = 0;
  for await (const entry of archive.eachEntry()) {
    totalBytes += entry.uncompressedSize;
    if (totalBytes > maxUnzippedBytes)
      throw new InvalidParameterValueError(`Unzipped size must be smaller than ${maxUnzippedBytes} bytes`);
    const path = join(folder, entry.fileName);
    if (entry.fileName.endsWith('/')) {
      await mkdir(path, { recursive: true });
      continue;
    }
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, await buffer(await archive.openReadStreamPromise(entry)));
    await chmod(path, modeOf(entry));
  }
}

/** Permissions that the zip was made with; those of a plain file where it has none. */
function modeOf(entry: Entry): number {
  const mode = (entry.externalFileAttributes >>> 16) & 0o777;
  return mode === 0 ? 0o644 : mode | 0o400;
}
