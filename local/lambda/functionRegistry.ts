import {
  InvalidParameterValueError,
  PreconditionFailedError,
  ResourceConflictError,
  ResourceNotFoundError,
} from './errors.js';
import {
  type FunctionDefinition,
  type FunctionDefinitionInput,
  parseFunctionDefinitions,
} from './functionDefinition.js';
import { type Account, type FunctionReference, functionArn } from './functionName.js';
import { type FunctionAlias, type FunctionRevision, latestVersion, newRevision } from './functionRevision.js';
import type { FunctionRecord, FunctionStore } from './functionStore.js';
import { newAlias, publishedNow } from './functionVersions.js';

/** The functions of the account with their versions, aliases and reserved concurrency. */
export class FunctionRegistry {
  readonly account: Account;
  readonly #store: FunctionStore;
  readonly #records = new Map<string, FunctionRecord>();

  /**
   * @param definitions - functions that `serverless.yml` names; as it says now, whatever was changed in an earlier process.
   * @param stored - what an earlier process left; versions and aliases of named functions, and functions made by the API.
   * @throws InvalidFunctionDefinitionError listing every fault.
   */
  constructor(
    account: Account,
    store: FunctionStore,
    definitions: readonly FunctionDefinitionInput[],
    stored: readonly FunctionRecord[] = [],
  ) {
    this.account = account;
    this.#store = store;
    const earlier = new Map(stored.map((record) => [record.latest.definition.name, record]));
    for (const record of stored) if (record.origin === 'created') this.#set(record);
    for (const definition of parseFunctionDefinitions(definitions)) {
      const { versions = [], aliases = [], lastVersion = 0 } = earlier.get(definition.name) ?? {};
      this.#set({
        origin: 'configured',
        latest: newRevision(account, definition, latestVersion),
        versions,
        aliases,
        lastVersion,
        ...(definition.reservedConcurrency !== undefined && { reservedConcurrency: definition.reservedConcurrency }),
      });
    }
  }

  /** @throws ResourceNotFoundError for an unknown function, version or alias. */
  get({ name, qualifier }: FunctionReference): FunctionRevision {
    const found = this.#records.get(name);
    const revision = found && revisionOf(found, qualifier);
    if (revision) return revision;
    const suffix = qualifier === undefined ? '' : `:${qualifier}`;
    throw new ResourceNotFoundError(`Function not found: ${functionArn(this.account, name)}${suffix}`);
  }

  /** @throws ResourceNotFoundError */
  record(name: string): FunctionRecord {
    const found = this.#records.get(name);
    if (found) return found;
    throw new ResourceNotFoundError(`Function not found: ${functionArn(this.account, name)}`);
  }

  /** Whether an invocation by this revision's version would get exactly this revision. */
  isCurrent({ definition, version, revisionId }: FunctionRevision): boolean {
    const found = this.#records.get(definition.name);
    return found !== undefined && revisionOf(found, version)?.revisionId === revisionId;
  }

  /** All functions, by name. */
  list(): FunctionRevision[] {
    const all = [...this.#records.values()].map(({ latest }) => latest);
    return all.sort((a, b) => (a.definition.name < b.definition.name ? -1 : 1));
  }

  /** Folders with code that some revision runs. */
  codeFolders(): Set<string> {
    const revisions = [...this.#records.values()].flatMap(({ latest, versions }) => [latest, ...versions]);
    return new Set(revisions.map(({ definition }) => definition.artifactFolder));
  }

  /** @throws ResourceConflictError when there is a function of this name. */
  async create(definition: FunctionDefinition): Promise<FunctionRevision> {
    if (this.#records.has(definition.name))
      throw new ResourceConflictError(`Function already exist: ${definition.name}`);
    const latest = newRevision(this.account, definition, latestVersion);
    await this.#save({ origin: 'created', latest, versions: [], aliases: [], lastVersion: 0 });
    return latest;
  }

  /**
   * Changes the configuration or the code of a function.
   *
   * @throws ResourceNotFoundError; PreconditionFailedError when `expectedRevisionId` is given and not the current one.
   */
  async update(
    name: string,
    change: Partial<FunctionDefinition>,
    expectedRevisionId?: string,
  ): Promise<FunctionRevision> {
    const record = this.record(name);
    requireRevision(record.latest, expectedRevisionId);
    const latest = newRevision(this.account, { ...record.latest.definition, ...change }, latestVersion);
    await this.#save({ ...record, latest });
    return latest;
  }

  /**
   * Publishes what `$LATEST` is now as a version; when nothing has changed since the newest version, answers with that.
   *
   * @throws ResourceNotFoundError, PreconditionFailedError
   */
  async publish(name: string, description?: string, expectedRevisionId?: string): Promise<FunctionRevision> {
    const record = this.record(name);
    requireRevision(record.latest, expectedRevisionId);
    const { record: next, version } = publishedNow(this.account, record, description);
    if (next !== record) await this.#save(next);
    return version;
  }

  /** @throws ResourceNotFoundError, ResourceConflictError */
  async createAlias(name: string, alias: Omit<FunctionAlias, 'revisionId'>): Promise<FunctionAlias> {
    const record = this.record(name);
    this.get({ name, qualifier: alias.version });
    if (record.aliases.some((each) => each.name === alias.name))
      throw new ResourceConflictError(`Alias already exists: ${functionArn(this.account, name)}:${alias.name}`);
    const created = newAlias(alias);
    await this.#save({ ...record, aliases: [...record.aliases, created] });
    return created;
  }

  /** @throws ResourceNotFoundError, PreconditionFailedError */
  async updateAlias(
    name: string,
    alias: string,
    change: Partial<Pick<FunctionAlias, 'version' | 'description'>>,
    expectedRevisionId?: string,
  ): Promise<FunctionAlias> {
    const current = this.alias(name, alias);
    requireRevision(current, expectedRevisionId);
    if (change.version !== undefined) this.get({ name, qualifier: change.version });
    const updated = newAlias({ ...current, ...change });
    const record = this.record(name);
    await this.#save({
      ...record,
      aliases: record.aliases.map((each) => (each.name === alias ? updated : each)),
    });
    return updated;
  }

  /** @throws ResourceNotFoundError */
  alias(name: string, alias: string): FunctionAlias {
    const found = this.record(name).aliases.find((each) => each.name === alias);
    if (found) return found;
    throw new ResourceNotFoundError(`Cannot find alias arn: ${functionArn(this.account, name)}:${alias}`);
  }

  /** Removes an alias; one that is not there is no error, as on AWS. */
  async deleteAlias(name: string, alias: string): Promise<void> {
    const record = this.record(name);
    await this.#save({ ...record, aliases: record.aliases.filter((each) => each.name !== alias) });
  }

  /** @throws ResourceNotFoundError; ResourceConflictError while an alias names the version. */
  async deleteVersion(name: string, version: string): Promise<void> {
    const record = this.record(name);
    const names = record.aliases.filter((alias) => alias.version === version).map((alias) => alias.name);
    if (names.length > 0)
      throw new ResourceConflictError(
        `Unable to delete version because the following aliases reference it: [${names.join(', ')}]`,
      );
    await this.#save({ ...record, versions: record.versions.filter((each) => each.version !== version) });
  }

  /**
   * Removes a function with its versions and aliases.
   *
   * @throws ResourceNotFoundError; InvalidParameterValueError for one that `serverless.yml` names.
   */
  async delete(name: string): Promise<void> {
    if (this.record(name).origin === 'configured')
      throw new InvalidParameterValueError(`Function ${name} belongs to the embedded cloud itself and stays.`);
    this.#records.delete(name);
    await this.#store.remove(name);
  }

  /** Reserved concurrency of a function, or undefined when none is reserved. */
  reservedConcurrency(name: string): number | undefined {
    return this.#records.get(name)?.reservedConcurrency;
  }

  /** Sum of what all functions reserve. */
  totalReservedConcurrency(): number {
    return [...this.#records.values()].reduce((sum, { reservedConcurrency = 0 }) => sum + reservedConcurrency, 0);
  }

  async reserveConcurrency(name: string, executions: number): Promise<void> {
    if (!Number.isInteger(executions) || executions < 0)
      throw new InvalidParameterValueError(`ReservedConcurrentExecutions must be an integer of 0 or more.`);
    await this.#save({ ...this.record(name), reservedConcurrency: executions });
  }

  async releaseConcurrency(name: string): Promise<void> {
    const { reservedConcurrency: _released, ...record } = this.record(name);
    await this.#save(record);
  }

  async #save(record: FunctionRecord): Promise<void> {
    this.#set(record);
    await this.#store.save(record);
  }

  #set(record: FunctionRecord): void {
    this.#records.set(record.latest.definition.name, record);
  }
}

function revisionOf(record: FunctionRecord, qualifier: string = latestVersion): FunctionRevision | undefined {
  if (qualifier === latestVersion) return record.latest;
  const version = record.aliases.find(({ name }) => name === qualifier)?.version ?? qualifier;
  return version === latestVersion ? record.latest : record.versions.find((each) => each.version === version);
}

function requireRevision({ revisionId }: { readonly revisionId: string }, expected: string | undefined): void {
  if (expected !== undefined && expected !== revisionId)
    throw new PreconditionFailedError(
      'The Revision Id provided does not match the latest Revision Id. Call the GetFunction/GetAlias API to retrieve the latest Revision Id',
    );
}
