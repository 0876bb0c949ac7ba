import { randomUUID } from 'node:crypto';
import {
  DeleteFunctionCommand,
  GetFunctionConfigurationCommand,
  type LambdaClient,
  UpdateFunctionConfigurationCommand,
} from '@aws-sdk/client-lambda';
import type { MemoryTools } from '../memory/memoryCommand.js';

/** A variable of the executor that nobody reads: a new value makes a version that no executor has been started of. */
const variable = 'MUSTER_COLD_START';

/**
 * Makes runs start cold: before each, the executor gets a new environment variable and is published as a new version, to
 * which the alias of its memory then points. No environment of it exists yet, in either cloud.
 */
export class ColdStarts {
  readonly #lambda: LambdaClient;
  readonly #tools: MemoryTools;
  /** Versions that this sweep made, by their memory. */
  readonly #made = new Map<number, string>();

  constructor(lambda: LambdaClient, tools: MemoryTools) {
    this.#lambda = lambda;
    this.#tools = tools;
  }

  /** The next run with so much memory, or with that of the deployment, starts cold. */
  async force(memoryMb: number | undefined): Promise<void> {
    const { executor, versions } = this.#tools;
    const wanted = memoryMb ?? (await executor.state()).deployedMemoryMb;
    await this.#mark(randomUUID());
    try {
      const { version } = await versions.add(wanted);
      const before = this.#made.get(wanted);
      this.#made.set(wanted, version);
      if (before !== undefined)
        await this.#lambda.send(new DeleteFunctionCommand({ FunctionName: executor.name, Qualifier: before }));
    } finally {
      await executor.restore();
    }
  }

  /** Takes the variable away again; the newest version of each memory stays, because its alias names it. */
  async end(): Promise<void> {
    if (this.#made.size > 0) await this.#mark(undefined);
  }

  async #mark(value: string | undefined): Promise<void> {
    const { executor } = this.#tools;
    const { revisionId } = await executor.state();
    const { Environment } = await this.#lambda.send(
      new GetFunctionConfigurationCommand({ FunctionName: executor.name }),
    );
    const { [variable]: _before, ...others } = Environment?.Variables ?? {};
    const Variables = value === undefined ? others : { ...others, [variable]: value };
    await this.#lambda.send(
      new UpdateFunctionConfigurationCommand({
        FunctionName: executor.name,
        Environment: { Variables },
        RevisionId: revisionId,
      }),
    );
    await executor.state();
  }
}
