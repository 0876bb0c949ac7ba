import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CloudFormationError, CorruptStackFileError } from '../errors.js';
import { type StackRecord, setStackStatus, stackSchema } from './stackRecord.js';

/** The stacks there are and have been, each in a file of its own. */
export class StackStore {
  readonly #directory: string;
  readonly #stacks = new Map<string, StackRecord>();
  readonly #writes = new Map<string, Promise<void>>();

  private constructor(directory: string) {
    this.#directory = directory;
  }

  /** Opens the store. A deployment that an earlier process did not finish has failed. @throws CorruptStackFileError */
  static async open(directory: string): Promise<StackStore> {
    const store = new StackStore(directory);
    await mkdir(directory, { recursive: true });
    const names = (await readdir(directory)).filter((name) => name.endsWith('.json'));
    for (const name of names) {
      const stack = await readStack(join(directory, name));
      store.#stacks.set(stack.id, stack);
      if (!/^(CREATE|UPDATE|DELETE|ROLLBACK|UPDATE_ROLLBACK)_(COMPLETE_CLEANUP_)?IN_PROGRESS$/.test(stack.status))
        continue;
      const failed = stack.status.replace(/(_COMPLETE_CLEANUP)?_IN_PROGRESS$/, '_FAILED');
      setStackStatus(
        stack,
        failed === 'UPDATE_FAILED' ? 'UPDATE_ROLLBACK_FAILED' : failed,
        'The embedded cloud ended.',
      );
      await store.save(stack);
    }
    return store;
  }

  /** The living stack of a name, or any stack by its id. */
  find(nameOrId: string): StackRecord | undefined {
    return this.#stacks.get(nameOrId) ?? this.list().find(({ name }) => name === nameOrId);
  }

  /** @throws CloudFormationError ValidationError */
  get(nameOrId: string): StackRecord {
    const found = this.find(nameOrId);
    if (found) return found;
    throw new CloudFormationError('ValidationError', `Stack with id ${nameOrId} does not exist`);
  }

  /** Stacks that have not been deleted. */
  list(): StackRecord[] {
    return [...this.#stacks.values()].filter(({ status }) => status !== 'DELETE_COMPLETE');
  }

  /** Writes a stack whole, after the writes of it that are under way. */
  save(stack: StackRecord): Promise<void> {
    this.#stacks.set(stack.id, stack);
    const name = `${createHash('sha256').update(stack.id).digest('hex').slice(0, 32)}.json`;
    const path = join(this.#directory, name);
    const earlier = this.#writes.get(path) ?? Promise.resolve();
    const write = earlier.then(async () => {
      // Parameters may hold secrets.
      await writeFile(`${path}.new`, JSON.stringify(stack), { mode: 0o600 });
      await rename(`${path}.new`, path);
    });
    this.#writes.set(
      path,
      write.catch(() => undefined),
    );
    return write;
  }
}

async function readStack(path: string): Promise<StackRecord> {
  try {
    return stackSchema.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch (error) {
    throw new CorruptStackFileError(path, error);
  }
}
