import { createHash } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { Clock } from '../clock.js';
import { CorruptJournalError } from '../errors.js';
import { readEnds } from './historyFile.js';
import { HistoryWriter } from './historyWriter.js';
import { Journal, readJournal, repairJournal } from './journal.js';

export type ExecutionStatus = 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'TIMED_OUT' | 'ABORTED';

const startRecord = z.object({
  kind: z.literal('started'),
  arn: z.string(),
  name: z.string(),
  stateMachineArn: z.string(),
  stateMachineName: z.string(),
  roleArn: z.string(),
  /** Names the definition that it runs. */
  revisionId: z.string(),
  /** Milliseconds since the epoch. */
  startedAtMs: z.number(),
  /** Tells a repeated StartExecution from another one. */
  inputHash: z.string(),
  mapRunArn: z.string().optional(),
  itemCount: z.number().optional(),
});
const endRecord = z.object({
  kind: z.literal('ended'),
  arn: z.string(),
  status: z.enum(['SUCCEEDED', 'FAILED', 'TIMED_OUT', 'ABORTED']),
  stoppedAtMs: z.number(),
});
const record = z.discriminatedUnion('kind', [startRecord, endRecord]);

/** What is kept in memory of an execution; its input, output and events stand in its history file. */
export interface ExecutionRecord extends Omit<z.infer<typeof startRecord>, 'kind'> {
  status: ExecutionStatus;
  stoppedAtMs?: number;
}

/** Why an execution that was running when the process ended is ABORTED. */
export const stoppedCause = 'The local cloud was stopped while this execution was running.';

/** Every execution there has been, under `<directory>/executions.jsonl` and `<directory>/histories/`. */
export class ExecutionStore {
  readonly #directory: string;
  readonly #clock: Clock;
  readonly #journal: Journal;
  readonly #records = new Map<string, ExecutionRecord>();
  /** ARNs by the state machine, or by the map run, that they belong to; oldest first. */
  readonly #byOwner = new Map<string, string[]>();
  /** Histories that are being written. */
  readonly #writers = new Map<string, HistoryWriter>();

  private constructor(directory: string, clock: Clock) {
    this.#directory = directory;
    this.#clock = clock;
    this.#journal = new Journal(join(directory, 'executions.jsonl'));
  }

  /** Reads what a process before this one left; executions that were running then become ABORTED. */
  static async open(directory: string, clock: Clock): Promise<ExecutionStore> {
    const store = new ExecutionStore(directory, clock);
    await mkdir(join(directory, 'histories'), { recursive: true });
    for (const [index, entry] of (await readJournal(store.#journal.path)).entries()) {
      const parsed = record.safeParse(entry);
      if (!parsed.success) throw new CorruptJournalError(store.#journal.path, index + 1, parsed.error);
      store.#apply(parsed.data);
    }
    for (const { arn, status } of store.#records.values()) if (status === 'RUNNING') await store.#abortLeftover(arn);
    await store.#journal.flush();
    return store;
  }

  get(arn: string): ExecutionRecord | undefined {
    return this.#records.get(arn);
  }

  /** Executions of a state machine, or children of a map run; newest first. */
  listOf(owner: string): ExecutionRecord[] {
    const arns = this.#byOwner.get(owner) ?? [];
    return arns.map((arn) => this.#records.get(arn)!).reverse();
  }

  /** Notes a new execution and opens its history. */
  begin(entry: Omit<z.infer<typeof startRecord>, 'kind'>): HistoryWriter {
    const started = { kind: 'started' as const, ...entry };
    this.#apply(started);
    this.#journal.append(started);
    const writer = new HistoryWriter(new Journal(this.historyPath(entry.arn)), this.#clock);
    this.#writers.set(entry.arn, writer);
    return writer;
  }

  /** Notes the end of an execution, once its history is on disk. */
  async end(arn: string, status: Exclude<ExecutionStatus, 'RUNNING'>): Promise<void> {
    await this.#writers.get(arn)?.flush();
    this.#writers.delete(arn);
    this.#noteEnd(arn, status);
  }

  /** Resolves when what was noted is on disk. */
  flush(): Promise<void> {
    return this.#journal.flush();
  }

  /** Path of the history of an execution; all events so far are in it when this resolves. */
  async historyOf(arn: string): Promise<string> {
    await this.#writers.get(arn)?.flush();
    return this.historyPath(arn);
  }

  historyPath(arn: string): string {
    const name = createHash('sha256').update(arn).digest('hex').slice(0, 40);
    return join(this.#directory, 'histories', `${name}.jsonl`);
  }

  #apply(entry: z.infer<typeof record>): void {
    if (entry.kind === 'ended') {
      const known = this.#records.get(entry.arn);
      if (known) Object.assign(known, { status: entry.status, stoppedAtMs: entry.stoppedAtMs });
      return;
    }
    const { kind: _kind, ...fields } = entry;
    this.#records.set(entry.arn, { ...fields, status: 'RUNNING' });
    const owner = entry.mapRunArn ?? entry.stateMachineArn;
    const arns = this.#byOwner.get(owner);
    if (arns) arns.push(entry.arn);
    else this.#byOwner.set(owner, [entry.arn]);
  }

  #noteEnd(arn: string, status: Exclude<ExecutionStatus, 'RUNNING'>): void {
    const ended = { kind: 'ended' as const, arn, status, stoppedAtMs: this.#clock.now() };
    this.#apply(ended);
    this.#journal.append(ended);
  }

  async #abortLeftover(arn: string): Promise<void> {
    const path = this.historyPath(arn);
    await repairJournal(path);
    const journal = new Journal(path);
    const { last } = await readEnds(path);
    const finished = finalStatus(last?.type);
    if (finished !== undefined) {
      this.#noteEnd(arn, finished);
      return;
    }
    const lastId = typeof last?.id === 'number' ? last.id : 0;
    const details = { executionAbortedEventDetails: { error: 'LocalCloud.Stopped', cause: stoppedCause } };
    new HistoryWriter(journal, this.#clock, lastId).append('ExecutionAborted', lastId, details);
    await journal.flush();
    this.#noteEnd(arn, 'ABORTED');
  }
}

/** The status that a final event stands for. */
function finalStatus(type: unknown): Exclude<ExecutionStatus, 'RUNNING'> | undefined {
  const statuses: Record<string, Exclude<ExecutionStatus, 'RUNNING'>> = {
    ExecutionSucceeded: 'SUCCEEDED',
    ExecutionFailed: 'FAILED',
    ExecutionTimedOut: 'TIMED_OUT',
    ExecutionAborted: 'ABORTED',
  };
  return typeof type === 'string' ? statuses[type] : undefined;
}
