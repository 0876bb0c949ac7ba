import {
  CreateAliasCommand,
  DeleteAliasCommand,
  DeleteFunctionCommand,
  GetFunctionConfigurationCommand,
  type LambdaClient,
  paginateListAliases,
  UpdateAliasCommand,
} from '@aws-sdk/client-lambda';
import { memoryAlias, memoryOfAlias } from '../../run/executorAlias.js';
import { MemoryNotFoundError } from './errors.js';
import type { ExecutorFunction } from './executorFunction.js';

/** A size that runs can ask for by `memory_mb`. */
export interface MemoryVersion {
  readonly memoryMb: number;
  readonly version: string;
  /** False when the executor was deployed anew since; runs do not take it then. */
  readonly current: boolean;
}

/** The versions of an executor that aliases name by their memory. */
export class MemoryVersions {
  readonly #lambda: LambdaClient;
  readonly #executor: ExecutorFunction;

  constructor(lambda: LambdaClient, executor: ExecutorFunction) {
    this.#lambda = lambda;
    this.#executor = executor;
  }

  /** By their memory, the smallest first. */
  async list(): Promise<MemoryVersion[]> {
    const FunctionName = this.#executor.name;
    const { codeSha256 } = await this.#executor.state();
    const found: MemoryVersion[] = [];
    for await (const { Aliases } of paginateListAliases({ client: this.#lambda }, { FunctionName })) {
      for (const { Name = '', FunctionVersion: version } of Aliases ?? []) {
        const memoryMb = memoryOfAlias(Name);
        if (memoryMb === undefined || version === undefined) continue;
        const published = await this.#lambda.send(
          new GetFunctionConfigurationCommand({ FunctionName, Qualifier: version }),
        );
        const current = published.CodeSha256 === codeSha256 && published.MemorySize === memoryMb;
        found.push({ memoryMb, version, current });
      }
    }
    return found.sort((left, right) => left.memoryMb - right.memoryMb);
  }

  /**
   * Makes a version with so much memory and points its alias at it. A version that the alias named before stays, for the
   * runs that use it.
   */
  async add(memoryMb: number): Promise<MemoryVersion> {
    const version = await this.#executor.publish(memoryMb);
    const alias = { FunctionName: this.#executor.name, Name: memoryAlias(memoryMb), FunctionVersion: version };
    const before = (await this.list()).some((known) => known.memoryMb === memoryMb);
    if (before) await this.#lambda.send(new UpdateAliasCommand(alias));
    else await this.#lambda.send(new CreateAliasCommand(alias));
    return { memoryMb, version, current: true };
  }

  /** @throws MemoryNotFoundError */
  async find(memoryMb: number): Promise<MemoryVersion> {
    const found = (await this.list()).find((known) => known.memoryMb === memoryMb);
    if (!found) throw new MemoryNotFoundError(memoryMb, this.#executor.name);
    return found;
  }

  async remove({ memoryMb, version }: MemoryVersion): Promise<void> {
    const FunctionName = this.#executor.name;
    await this.#lambda.send(new DeleteAliasCommand({ FunctionName, Name: memoryAlias(memoryMb) }));
    await this.#lambda.send(new DeleteFunctionCommand({ FunctionName, Qualifier: version }));
  }
}
