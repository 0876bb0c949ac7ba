import { randomBytes } from 'node:crypto';
import { link, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { StateFileError } from '../errors.js';

/** Where the embedded cloud keeps what outlives a process; `.muster/` by default. */
export interface StateDirectory {
  readonly path: string;
  /** Objects, executions and logs. */
  readonly cloudData: string;
  /** Says that a cloud runs, and where. */
  readonly cloudFile: string;
  readonly secretsFile: string;
  readonly lockFolder: string;
  /** Log of a cloud that runs in the background. */
  readonly backgroundLog: string;
  readonly demo: string;
}

export function stateDirectory(path: string): StateDirectory {
  const root = resolve(path);
  return {
    path: root,
    cloudData: join(root, 'cloud'),
    cloudFile: join(root, 'cloud.json'),
    secretsFile: join(root, 'secrets.json'),
    lockFolder: join(root, 'lock'),
    backgroundLog: join(root, 'cloud.log'),
    demo: join(root, 'demo'),
  };
}

const secretsSchema = z.object({
  accessKeyId: z.string().min(1),
  secretAccessKey: z.string().min(1),
  rendezvousSecret: z.string().min(1),
});

/** What guards the embedded cloud against other users of the machine. */
export type Secrets = z.infer<typeof secretsSchema>;

/** Makes the directory, and keeps it and its secrets out of the repository that it may lie in. */
export async function prepareStateDirectory({ path }: StateDirectory): Promise<void> {
  await mkdir(path, { recursive: true });
  await writeFile(join(path, '.gitignore'), '*\n');
}

/** The directory's secrets, made at the first call; the file can be read by its owner alone. */
export async function loadSecrets(directory: StateDirectory): Promise<Secrets> {
  const existing = await readJsonFile(directory.secretsFile, secretsSchema);
  if (existing) return existing;
  const secrets: Secrets = {
    accessKeyId: `MUSTER${randomBytes(7).toString('hex').toUpperCase()}`,
    secretAccessKey: randomBytes(30).toString('base64url'),
    rendezvousSecret: randomBytes(32).toString('base64url'),
  };
  if (await createJsonFile(directory.secretsFile, secrets)) return secrets;
  return loadSecrets(directory);
}

/** Reads and checks a JSON file; undefined when there is none. */
export async function readJsonFile<T>(path: string, schema: z.ZodType<T>): Promise<T | undefined> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    const remedy = 'Check the path and its permissions, or name another place with --directory.';
    throw new StateFileError(path, `cannot be read (${error.code ?? error.message})`, remedy);
  });
  if (text === undefined) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new StateFileError(path, 'holds no JSON');
  }
  const parsed = schema.safeParse(value);
  if (!parsed.success)
    throw new StateFileError(path, `has another form than expected (${parsed.error.issues[0].message})`);
  return parsed.data;
}

/** Replaces a file of the owner's in one step. */
export async function replaceJsonFile(path: string, value: object): Promise<void> {
  await withTemporary(path, value, (temporary) => rename(temporary, path));
}

/** Makes a file of the owner's, with its content in one step; false when it is there already. */
export async function createJsonFile(path: string, value: object): Promise<boolean> {
  return withTemporary(path, value, async (temporary) => {
    try {
      await link(temporary, path);
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
      throw error;
    } finally {
      await rm(temporary, { force: true });
    }
  });
}

async function withTemporary<T>(path: string, value: object, place: (temporary: string) => Promise<T>): Promise<T> {
  await mkdir(join(path, '..'), { recursive: true });
  const temporary = `${path}.${randomBytes(6).toString('hex')}.tmp`;
  await writeFile(temporary, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600, flag: 'wx' });
  return place(temporary);
}
