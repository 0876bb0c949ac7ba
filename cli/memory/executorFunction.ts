import { setTimeout as wait } from 'node:timers/promises';
import {
  type FunctionConfiguration,
  GetFunctionConfigurationCommand,
  type LambdaClient,
  PreconditionFailedException,
  PublishVersionCommand,
  ResourceConflictException,
  UpdateFunctionConfigurationCommand,
} from '@aws-sdk/client-lambda';
import { ExecutorConfigurationError } from './errors.js';

/** Other changes that a change makes way for before it gives up. */
const attempts = 20;

export interface ExecutorFunctionOptions {
  readonly name: string;
  /** Time between two looks at a function whose change is under way. */
  readonly pollMs: number;
}

/** What a version comes from. */
export interface ExecutorState {
  readonly memoryMb: number;
  /** Memory that the deployment gave it, as its own environment says. */
  readonly deployedMemoryMb: number;
  readonly codeSha256: string | undefined;
  readonly revisionId: string;
}

/**
 * The executor's function, changed with care: every change names the revision that it was decided on, so that of two
 * commands at the same time one finds that the other was quicker and looks again.
 */
export class ExecutorFunction {
  readonly name: string;
  readonly #lambda: LambdaClient;
  readonly #pollMs: number;

  constructor(lambda: LambdaClient, { name, pollMs }: ExecutorFunctionOptions) {
    this.#lambda = lambda;
    this.name = name;
    this.#pollMs = pollMs;
  }

  /**
   * How it stands, once no change is under way any more.
   *
   * @throws ExecutorConfigurationError
   */
  async state(): Promise<ExecutorState> {
    const configuration = await this.#settled();
    const { MemorySize: memoryMb, CodeSha256: codeSha256, RevisionId: revisionId, Environment } = configuration;
    const deployed = Number(Environment?.Variables?.MUSTER_EXECUTOR_MEMORY_MB);
    if (memoryMb === undefined || revisionId === undefined || !Number.isInteger(deployed)) {
      throw new ExecutorConfigurationError(
        `${this.name} is no executor that Muster deployed: MUSTER_EXECUTOR_MEMORY_MB is not in its environment.`,
      );
    }
    return { memoryMb, deployedMemoryMb: deployed, codeSha256, revisionId };
  }

  /** Publishes a version with so much memory, and leaves the function itself with it. @returns its number */
  async publish(memoryMb: number): Promise<string> {
    return this.#untilQuickest(async (state) => {
      const revisionId =
        state.memoryMb === memoryMb ? state.revisionId : await this.#setMemory(memoryMb, state.revisionId);
      const { Version: version } = await this.#lambda.send(
        new PublishVersionCommand({ FunctionName: this.name, RevisionId: revisionId, Description: `${memoryMb} MB` }),
      );
      if (version === undefined) throw new ExecutorConfigurationError('PublishVersion answered without a version.');
      return version;
    });
  }

  /** Gives the function the memory of its deployment again. */
  async restore(): Promise<void> {
    await this.#untilQuickest(async ({ memoryMb, deployedMemoryMb, revisionId }) => {
      if (memoryMb !== deployedMemoryMb) await this.#setMemory(deployedMemoryMb, revisionId);
    });
  }

  /** @returns the revision that the change led to. */
  async #setMemory(memoryMb: number, revisionId: string): Promise<string> {
    await this.#lambda.send(
      new UpdateFunctionConfigurationCommand({ FunctionName: this.name, MemorySize: memoryMb, RevisionId: revisionId }),
    );
    const state = await this.state();
    if (state.memoryMb !== memoryMb)
      throw new PreconditionFailedException({ message: 'changed by others', $metadata: {} });
    return state.revisionId;
  }

  async #untilQuickest<T>(change: (state: ExecutorState) => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await change(await this.state());
      } catch (error) {
        const outrun = error instanceof PreconditionFailedException || error instanceof ResourceConflictException;
        if (!outrun || attempt === attempts) throw error;
        await wait(this.#pollMs);
      }
    }
  }

  async #settled(): Promise<FunctionConfiguration> {
    for (;;) {
      const configuration = await this.#lambda.send(new GetFunctionConfigurationCommand({ FunctionName: this.name }));
      const { State: state, LastUpdateStatus: update, LastUpdateStatusReason: reason } = configuration;
      if (state === 'Failed' || update === 'Failed') {
        throw new ExecutorConfigurationError(
          `${this.name} is not well: ${reason ?? configuration.StateReason ?? 'Failed'}.`,
        );
      }
      if (state !== 'Pending' && update !== 'InProgress') return configuration;
      await wait(this.#pollMs);
    }
  }
}
