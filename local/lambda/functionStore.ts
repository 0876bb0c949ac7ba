import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { KeyedLock } from '../s3/store/keyedLock.js';
import { CorruptFunctionRecordError } from './errors.js';
import { functionDefinitionSchema } from './functionDefinition.js';
import type { Account } from './functionName.js';
import { type FunctionAlias, type FunctionRevision, revisionArn } from './functionRevision.js';

const revisionSchema = z.strictObject({
  version: z.string(),
  definition: functionDefinitionSchema,
  revisionId: z.string(),
  lastModified: z.iso.datetime(),
});
const recordSchema = z.strictObject({
  origin: z.enum(['configured', 'created']),
  latest: revisionSchema,
  versions: z.array(revisionSchema),
  aliases: z.array(
    z.strictObject({ name: z.string(), version: z.string(), description: z.string(), revisionId: z.string() }),
  ),
  lastVersion: z.int().min(0),
  reservedConcurrency: z.int().min(0).optional(),
});

/** Everything that is known of one function. */
export interface FunctionRecord {
  /** `configured`: named by `serverless.yml`, anew at every start; `created`: made through the API. */
  readonly origin: 'configured' | 'created';
  readonly latest: FunctionRevision;
  /** Published versions, oldest first. */
  readonly versions: readonly FunctionRevision[];
  readonly aliases: readonly FunctionAlias[];
  /** Number of the newest version there has been; a number is never used twice. */
  readonly lastVersion: number;
  readonly reservedConcurrency?: number;
}

/** The records of functions on disk, one JSON file each. */
export class FunctionStore {
  readonly #directory: string;
  readonly #account: Account;
  /** Writes of one function must not overtake each other. */
  readonly #writes = new KeyedLock();

  constructor(directory: string, account: Account) {
    this.#directory = directory;
    this.#account = account;
  }

  /** @throws CorruptFunctionRecordError */
  async load(): Promise<FunctionRecord[]> {
    const names = await readdir(this.#directory).catch(() => []);
    const files = names.filter((name) => name.endsWith('.json')).sort();
    return Promise.all(files.map((name) => this.#read(join(this.#directory, name))));
  }

  /** Writes a record whole: after a crash the file holds the old one or the new one. */
  async save(record: FunctionRecord): Promise<void> {
    await this.#writes.run(record.latest.definition.name, () => this.#write(record));
  }

  async #write(record: FunctionRecord): Promise<void> {
    await mkdir(this.#directory, { recursive: true });
    const path = this.#path(record.latest.definition.name);
    await writeFile(
      `${path}.new`,
      JSON.stringify(record, (key, value) => (key === 'arn' ? undefined : value)),
      {
        // Environment variables may hold secrets.
        mode: 0o600,
      },
    );
    await rename(`${path}.new`, path);
  }

  async remove(name: string): Promise<void> {
    await this.#writes.run(name, () => rm(this.#path(name), { force: true }));
  }

  async #read(path: string): Promise<FunctionRecord> {
    let parsed: z.output<typeof recordSchema>;
    try {
      parsed = recordSchema.parse(JSON.parse(await readFile(path, 'utf8')));
    } catch (error) {
      throw new CorruptFunctionRecordError(path, error);
    }
    const revisionOf = (stored: z.output<typeof revisionSchema>): FunctionRevision => ({
      ...stored,
      lastModified: new Date(stored.lastModified),
      arn: revisionArn(this.#account, stored.definition.name, stored.version),
    });
    return { ...parsed, latest: revisionOf(parsed.latest), versions: parsed.versions.map(revisionOf) };
  }

  #path(name: string): string {
    return join(this.#directory, `${name}.json`);
  }
}
