import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { z } from 'zod';
import type { StateMachineDefinition } from '../asl/definition.js';
import { parseDefinition } from '../asl/parseDefinition.js';
import type { TaskResources } from '../asl/taskResources.js';
import type { Clock } from '../clock.js';
import { CorruptJournalError } from '../errors.js';
import { Journal, readJournal } from './journal.js';

const tag = z.object({ key: z.string(), value: z.string() });
const savedRecord = z.object({
  kind: z.literal('saved'),
  arn: z.string(),
  name: z.string(),
  roleArn: z.string(),
  /** Text of the definition, as it was given. */
  definition: z.string(),
  revisionId: z.string(),
  createdAtMs: z.number(),
  updatedAtMs: z.number(),
  tags: z.array(tag),
});
const deletedRecord = z.object({ kind: z.literal('deleted'), arn: z.string() });
const record = z.discriminatedUnion('kind', [savedRecord, deletedRecord]);

/** A revision of a state machine. */
export type StateMachineRevision = Readonly<Omit<z.infer<typeof savedRecord>, 'kind'>>;

/** The state machines there are, and every revision there has been: executions keep to the one they started with. */
export class StateMachineStore {
  readonly #journal: Journal;
  readonly #clock: Clock;
  readonly #resources: TaskResources;
  readonly #current = new Map<string, StateMachineRevision>();
  readonly #revisions = new Map<string, StateMachineRevision>();
  readonly #parsed = new Map<string, StateMachineDefinition>();

  private constructor(directory: string, clock: Clock, resources: TaskResources) {
    this.#journal = new Journal(join(directory, 'stateMachines.jsonl'));
    this.#clock = clock;
    this.#resources = resources;
  }

  static async open(directory: string, clock: Clock, resources: TaskResources): Promise<StateMachineStore> {
    const store = new StateMachineStore(directory, clock, resources);
    for (const [index, entry] of (await readJournal(store.#journal.path)).entries()) {
      const parsed = record.safeParse(entry);
      if (!parsed.success) throw new CorruptJournalError(store.#journal.path, index + 1, parsed.error);
      store.#apply(parsed.data);
    }
    return store;
  }

  get(arn: string): StateMachineRevision | undefined {
    return this.#current.get(arn);
  }

  revision(id: string): StateMachineRevision | undefined {
    return this.#revisions.get(id);
  }

  /** Newest first. */
  list(): StateMachineRevision[] {
    return [...this.#current.values()].sort((left, right) => right.createdAtMs - left.createdAtMs);
  }

  /** Saves a new state machine, or a new revision of one. The definition must have passed its check. */
  async save(fields: {
    arn: string;
    name: string;
    roleArn: string;
    definition: string;
    tags: StateMachineRevision['tags'];
  }): Promise<StateMachineRevision> {
    const nowMs = this.#clock.now();
    const createdAtMs = this.#current.get(fields.arn)?.createdAtMs ?? nowMs;
    const saved = { kind: 'saved' as const, ...fields, revisionId: randomUUID(), createdAtMs, updatedAtMs: nowMs };
    this.#apply(saved);
    this.#journal.append(saved);
    await this.#journal.flush();
    return saved;
  }

  async delete(arn: string): Promise<void> {
    const deleted = { kind: 'deleted' as const, arn };
    this.#apply(deleted);
    this.#journal.append(deleted);
    await this.#journal.flush();
  }

  /** The checked definition of a revision. @throws InvalidDefinitionError for one saved by other rules than today's */
  definitionOf({ revisionId, definition }: StateMachineRevision): StateMachineDefinition {
    const known = this.#parsed.get(revisionId);
    if (known) return known;
    const parsed = parseDefinition(definition, this.#resources);
    this.#parsed.set(revisionId, parsed);
    return parsed;
  }

  flush(): Promise<void> {
    return this.#journal.flush();
  }

  #apply(entry: z.infer<typeof record>): void {
    if (entry.kind === 'deleted') this.#current.delete(entry.arn);
    else {
      const { kind: _kind, ...revision } = entry;
      this.#current.set(entry.arn, revision);
      this.#revisions.set(entry.revisionId, revision);
    }
  }
}
