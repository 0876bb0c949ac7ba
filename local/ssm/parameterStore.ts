import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

const parameterSchema = z.strictObject({
  name: z.string(),
  type: z.enum(['String', 'StringList', 'SecureString']),
  value: z.string(),
  description: z.string().optional(),
  version: z.int().min(1),
  modifiedAt: z.iso.datetime(),
});

export type StoredParameter = z.output<typeof parameterSchema>;

/** The parameters of the account, in one file that only its owner can read: a SecureString is not encrypted in it. */
export class ParameterStore {
  readonly #path: string;
  readonly #parameters: Map<string, StoredParameter>;
  #written: Promise<void> = Promise.resolve();

  private constructor(path: string, parameters: readonly StoredParameter[]) {
    this.#path = path;
    this.#parameters = new Map(parameters.map((parameter) => [parameter.name, parameter]));
  }

  static async open(directory: string): Promise<ParameterStore> {
    await mkdir(directory, { recursive: true });
    const path = join(directory, 'parameters.json');
    const text = await readFile(path, 'utf8').catch(() => '[]');
    return new ParameterStore(path, z.array(parameterSchema).parse(JSON.parse(text)));
  }

  /** A parameter; those that AWS publishes are made up. */
  get(name: string): StoredParameter | undefined {
    return this.#parameters.get(name) ?? publishedByAws(name);
  }

  /** All parameters of the account, by name. */
  list(): StoredParameter[] {
    return [...this.#parameters.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  async put(parameter: Omit<StoredParameter, 'version' | 'modifiedAt'>): Promise<StoredParameter> {
    const version = (this.#parameters.get(parameter.name)?.version ?? 0) + 1;
    const stored = { ...parameter, version, modifiedAt: new Date().toISOString() };
    this.#parameters.set(parameter.name, stored);
    await this.#save();
    return stored;
  }

  /** @returns whether there was one */
  async delete(name: string): Promise<boolean> {
    if (!this.#parameters.delete(name)) return false;
    await this.#save();
    return true;
  }

  #save(): Promise<void> {
    this.#written = this.#written.then(async () => {
      await writeFile(`${this.#path}.new`, JSON.stringify(this.list()), { mode: 0o600 });
      await rename(`${this.#path}.new`, this.#path);
    });
    return this.#written;
  }
}

/** Images that AWS publishes under a path have an id here that no instance is ever made from. */
function publishedByAws(name: string): StoredParameter | undefined {
  if (!name.startsWith('/aws/service/ami-')) return undefined;
  return { name, type: 'String', value: 'ami-00000000000000000', version: 1, modifiedAt: '2026-01-01T00:00:00.000Z' };
}
