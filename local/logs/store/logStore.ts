import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { ResourceAlreadyExistsError, ResourceNotFoundError } from '../errors.js';
import type { LogEvent, LogSink } from '../logEvent.js';
import { fileNameFor } from './fileName.js';
import { LogGroup } from './logGroup.js';

/**
 * All log groups, in one folder of the disk that one process uses at a time. What earlier processes wrote is there.
 *
 * As a sink it makes groups and streams as they are needed, as Lambda does.
 */
export class LogStore implements LogSink {
  readonly #directory: string;
  readonly #groups: Map<string, LogGroup>;
  readonly #creating = new Map<string, Promise<LogGroup>>();
  readonly #deleting = new Map<string, Promise<void>>();

  private constructor(directory: string, groups: Map<string, LogGroup>) {
    this.#directory = directory;
    this.#groups = groups;
  }

  static async open(directory: string): Promise<LogStore> {
    await mkdir(directory, { recursive: true });
    const groups = new Map<string, LogGroup>();
    for (const folder of await readdir(directory)) {
      const group = await LogGroup.open(join(directory, folder));
      if (group) groups.set(group.name, group);
    }
    return new LogStore(directory, groups);
  }

  async append(logGroup: string, logStream: string, events: readonly LogEvent[]): Promise<void> {
    const group = await this.#ensureGroup(logGroup);
    try {
      await (await group.ensureStream(logStream)).append(events);
    } catch (error) {
      if (this.#groups.get(logGroup) === group) throw error;
      // The group was deleted meanwhile: what is written now goes to a new one, as with Lambda.
      await this.append(logGroup, logStream, events);
    }
  }

  /** Groups sorted by name. */
  groups(): LogGroup[] {
    return [...this.#groups.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** @throws ResourceNotFoundError */
  group(name: string): LogGroup {
    const group = this.#groups.get(name);
    if (!group) throw new ResourceNotFoundError('The specified log group does not exist.');
    return group;
  }

  /** @throws ResourceAlreadyExistsError */
  async createGroup(name: string): Promise<void> {
    if (this.#groups.has(name) || this.#creating.has(name))
      throw new ResourceAlreadyExistsError('The specified log group already exists');
    await this.#ensureGroup(name);
  }

  /** @throws ResourceNotFoundError */
  async deleteGroup(name: string): Promise<void> {
    const group = this.group(name);
    this.#groups.delete(name);
    const deleting = group.delete().finally(() => this.#deleting.delete(name));
    this.#deleting.set(name, deleting);
    await deleting;
  }

  async #ensureGroup(name: string): Promise<LogGroup> {
    const existing = this.#groups.get(name) ?? this.#creating.get(name);
    if (existing) return existing;
    const deleted = this.#deleting.get(name) ?? Promise.resolve();
    const creating = deleted.then(() => LogGroup.create(join(this.#directory, fileNameFor(name)), name));
    this.#creating.set(name, creating);
    try {
      const group = await creating;
      this.#groups.set(name, group);
      return group;
    } finally {
      this.#creating.delete(name);
    }
  }
}
