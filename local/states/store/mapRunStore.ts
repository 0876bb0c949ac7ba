import { join } from 'node:path';
import { z } from 'zod';
import type { Clock } from '../clock.js';
import { CorruptJournalError } from '../errors.js';
import { Journal, readJournal } from './journal.js';

const limits = {
  maxConcurrency: z.number(),
  toleratedFailureCount: z.number().optional(),
  toleratedFailurePercentage: z.number().optional(),
};
const openedRecord = z.object({
  kind: z.literal('opened'),
  arn: z.string(),
  executionArn: z.string(),
  stateMachineArn: z.string(),
  label: z.string(),
  startedAtMs: z.number(),
  ...limits,
});
const limitsRecord = z.object({ kind: z.literal('limits'), arn: z.string(), ...limits });
const totalsRecord = z.object({
  kind: z.literal('totals'),
  arn: z.string(),
  items: z.number(),
  executions: z.number(),
});
const writtenRecord = z.object({ kind: z.literal('written'), arn: z.string(), executions: z.number() });
const endedRecord = z.object({
  kind: z.literal('ended'),
  arn: z.string(),
  status: z.enum(['SUCCEEDED', 'FAILED', 'ABORTED']),
  stoppedAtMs: z.number(),
});
const record = z.discriminatedUnion('kind', [openedRecord, limitsRecord, totalsRecord, writtenRecord, endedRecord]);

/** What is known of a map run; its children are in the store of executions. */
export interface MapRunRecord extends Omit<z.infer<typeof openedRecord>, 'kind'> {
  status: 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'ABORTED';
  stoppedAtMs?: number;
  items: number;
  executions: number;
  /** Children whose results stand in S3. */
  written: number;
}

/** Every map run there has been, under `<directory>/mapRuns.jsonl`. */
export class MapRunStore {
  readonly #journal: Journal;
  readonly #clock: Clock;
  readonly #records = new Map<string, MapRunRecord>();

  private constructor(directory: string, clock: Clock) {
    this.#journal = new Journal(join(directory, 'mapRuns.jsonl'));
    this.#clock = clock;
  }

  /** Reads what a process before this one left; map runs that went on then become ABORTED. */
  static async open(directory: string, clock: Clock): Promise<MapRunStore> {
    const store = new MapRunStore(directory, clock);
    for (const [index, entry] of (await readJournal(store.#journal.path)).entries()) {
      const parsed = record.safeParse(entry);
      if (!parsed.success) throw new CorruptJournalError(store.#journal.path, index + 1, parsed.error);
      store.#apply(parsed.data);
    }
    for (const { arn, status } of store.#records.values()) if (status === 'RUNNING') store.end(arn, 'ABORTED');
    await store.flush();
    return store;
  }

  get(arn: string): MapRunRecord | undefined {
    return this.#records.get(arn);
  }

  /** Map runs of an execution, newest first. */
  listOf(executionArn: string): MapRunRecord[] {
    return [...this.#records.values()].filter((run) => run.executionArn === executionArn).reverse();
  }

  begin(run: Omit<z.infer<typeof openedRecord>, 'kind'>): void {
    this.#note({ kind: 'opened', ...run });
  }

  setLimits(arn: string, changed: Omit<z.infer<typeof limitsRecord>, 'kind' | 'arn'>): void {
    this.#note({ kind: 'limits', arn, ...changed });
  }

  setTotals(arn: string, totals: { items: number; executions: number }): void {
    this.#note({ kind: 'totals', arn, ...totals });
  }

  setWritten(arn: string, executions: number): void {
    this.#note({ kind: 'written', arn, executions });
  }

  end(arn: string, status: Exclude<MapRunRecord['status'], 'RUNNING'>): void {
    this.#note({ kind: 'ended', arn, status, stoppedAtMs: this.#clock.now() });
  }

  flush(): Promise<void> {
    return this.#journal.flush();
  }

  #note(entry: z.infer<typeof record>): void {
    this.#apply(entry);
    this.#journal.append(entry);
  }

  #apply(entry: z.infer<typeof record>): void {
    if (entry.kind === 'opened') {
      const { kind: _kind, ...fields } = entry;
      this.#records.set(entry.arn, { ...fields, status: 'RUNNING', items: 0, executions: 0, written: 0 });
      return;
    }
    const known = this.#records.get(entry.arn);
    if (!known) return;
    if (entry.kind === 'limits') {
      known.maxConcurrency = entry.maxConcurrency;
      known.toleratedFailureCount = entry.toleratedFailureCount;
      known.toleratedFailurePercentage = entry.toleratedFailurePercentage;
    } else if (entry.kind === 'totals') {
      known.items = entry.items;
      known.executions = entry.executions;
    } else if (entry.kind === 'written') known.written = entry.executions;
    else {
      known.status = entry.status;
      known.stoppedAtMs = entry.stoppedAtMs;
    }
  }
}
