import { randomUUID } from 'node:crypto';
import { InvalidParameterValueError, PreconditionFailedError, ResourceNotFoundError } from './errors.js';
import {
  type FunctionDefinition,
  type FunctionDefinitionInput,
  parseFunctionDefinitions,
} from './functionDefinition.js';
import { type Account, type FunctionReference, functionArn } from './functionName.js';

/** What `UpdateFunctionConfiguration` may change. */
export type ConfigurationChange = Partial<
  Pick<FunctionDefinition, 'memoryMb' | 'timeoutS' | 'environment' | 'handler' | 'ephemeralStorageMb' | 'logFormat'>
>;

/** One revision of a function. A change makes a new revision, and environments of an older one are not used again. */
export interface FunctionRevision {
  readonly definition: FunctionDefinition;
  readonly arn: string;
  readonly revisionId: string;
  readonly lastModified: Date;
}

/** The functions of the account and their reserved concurrency. */
export class FunctionRegistry {
  readonly account: Account;
  readonly #revisions = new Map<string, FunctionRevision>();
  readonly #reservedConcurrency = new Map<string, number>();

  /** @throws InvalidFunctionDefinitionError listing every fault. */
  constructor(account: Account, definitions: readonly FunctionDefinitionInput[]) {
    this.account = account;
    for (const definition of parseFunctionDefinitions(definitions)) {
      this.#revise(definition);
      if (definition.reservedConcurrency !== undefined)
        this.#reservedConcurrency.set(definition.name, definition.reservedConcurrency);
    }
  }

  /** @throws ResourceNotFoundError for an unknown function and for every qualifier but `$LATEST`. */
  get(reference: FunctionReference): FunctionRevision {
    const revision = this.#revisions.get(reference.name);
    const { qualifier } = reference;
    if (!revision || (qualifier !== undefined && qualifier !== '$LATEST')) {
      const suffix = qualifier === undefined ? '' : `:${qualifier}`;
      throw new ResourceNotFoundError(`Function not found: ${functionArn(this.account, reference.name)}${suffix}`);
    }
    return revision;
  }

  /** All functions, by name. */
  list(): FunctionRevision[] {
    return [...this.#revisions.values()].sort((a, b) => (a.definition.name < b.definition.name ? -1 : 1));
  }

  /**
   * Changes the configuration of a function.
   *
   * @throws PreconditionFailedError when `expectedRevisionId` is given and not the current one.
   */
  update(reference: FunctionReference, change: ConfigurationChange, expectedRevisionId?: string): FunctionRevision {
    const current = this.get(reference);
    if (expectedRevisionId !== undefined && expectedRevisionId !== current.revisionId)
      throw new PreconditionFailedError(
        'The Revision Id provided does not match the latest Revision Id. Call the GetFunction API to retrieve the latest Revision Id',
      );
    return this.#revise({ ...current.definition, ...change });
  }

  /** Reserved concurrency of a function, or undefined when none is reserved. */
  reservedConcurrency(name: string): number | undefined {
    return this.#reservedConcurrency.get(name);
  }

  /** Sum of what all functions reserve. */
  totalReservedConcurrency(): number {
    return [...this.#reservedConcurrency.values()].reduce((sum, count) => sum + count, 0);
  }

  reserveConcurrency(name: string, executions: number): void {
    if (!Number.isInteger(executions) || executions < 0)
      throw new InvalidParameterValueError(`ReservedConcurrentExecutions must be an integer of 0 or more.`);
    this.#reservedConcurrency.set(name, executions);
  }

  releaseConcurrency(name: string): void {
    this.#reservedConcurrency.delete(name);
  }

  #revise(definition: FunctionDefinition): FunctionRevision {
    const revision: FunctionRevision = {
      definition,
      arn: functionArn(this.account, definition.name),
      revisionId: randomUUID(),
      lastModified: new Date(),
    };
    this.#revisions.set(definition.name, revision);
    return revision;
  }
}
