import { readFile, rename, writeFile } from 'node:fs/promises';
import { z } from 'zod';
import { operationNames } from '../../cli/bench/operations.js';
import { type ComparedCase, sameCase } from './comparisonPlan.js';
import { type ContenderName, contenderNames } from './contenders.js';

const figure = z.number().positive();

const rowSchema = z.object({
  channel: z.enum(contenderNames),
  ranks: z.int().min(1),
  operation: z.enum(operationNames),
  bytes: z.int().min(0),
  /** Of the round with the median time. */
  iterations: z.int().min(1),
  avgUs: figure,
  /** Over the ranks and all rounds. */
  minUs: figure,
  maxUs: figure,
  mbPerS: figure.optional(),
  busMbPerS: figure.optional(),
  /** Mean time of each round in which it took part. */
  roundsUs: z.array(figure).min(1),
});
/** What one contender took for one case, over all rounds. */
export type ComparedRow = z.infer<typeof rowSchema>;

const caseSchema = z.object({
  ranks: z.int().min(1),
  operation: z.enum(operationNames),
  bytes: z.int().min(0),
  rows: z.array(rowSchema),
  leftOut: z.array(z.object({ contender: z.enum(contenderNames), reason: z.string() })),
});
export type MeasuredCase = z.infer<typeof caseSchema>;

const sessionSchema = z.object({
  date: z.iso.datetime(),
  minutes: z.number().min(0),
  cases: z.int().min(0),
  cpu: z.string(),
  cores: z.int().min(1),
  node: z.string(),
  /** `OpenMPI 4.1.4`, `Redis 7.0.15`. */
  others: z.array(z.string()),
  loadBefore: z.number(),
  loadAfter: z.number(),
  command: z.string(),
});
/** One call of the program, and the machine that it ran on. */
export type Session = z.infer<typeof sessionSchema>;

const recordSchema = z.object({
  rounds: z.int().min(1),
  budgetMs: z.int().min(1),
  goalBudgetMs: z.int().min(1),
  /** Cases of the plan that was asked for last. */
  plannedCases: z.int().min(0),
  sessions: z.array(sessionSchema),
  cases: z.array(caseSchema),
});
type RecordContent = z.infer<typeof recordSchema>;

/** How it is measured. */
export type ComparisonTerms = Pick<RecordContent, 'rounds' | 'budgetMs' | 'goalBudgetMs' | 'plannedCases'>;

/** What has been measured so far, in a file that grows case by case: a later call goes on where an earlier one ended. */
export class ComparisonRecord {
  readonly #file: string | undefined;
  #content: RecordContent;

  private constructor(file: string | undefined, content: RecordContent) {
    this.#file = file;
    this.#content = content;
  }

  /**
   * Opens a record to go on with; without a file it lives in memory only.
   *
   * @throws when the file holds something else, or was measured on other terms.
   */
  static async open(file: string | undefined, terms: ComparisonTerms): Promise<ComparisonRecord> {
    const known = file === undefined ? undefined : await readIfPresent(file);
    const isOnTheseTerms = (content: RecordContent) =>
      content.rounds === terms.rounds &&
      content.budgetMs === terms.budgetMs &&
      content.goalBudgetMs === terms.goalBudgetMs;
    if (known && !isOnTheseTerms(known)) {
      throw new Error(
        `${file} was measured with --rounds ${known.rounds} --budget-ms ${known.budgetMs} ` +
          `--goal-budget-ms ${known.goalBudgetMs}; go on with these, or name another file`,
      );
    }
    return new ComparisonRecord(file, { sessions: [], cases: [], ...known, ...terms });
  }

  /** @throws when there is no such record. */
  static async read(file: string): Promise<ComparisonRecord> {
    const content = await readIfPresent(file);
    if (!content) throw new Error(`${file} is not there; compare.ts writes it`);
    return new ComparisonRecord(file, content);
  }

  get rounds(): number {
    return this.#content.rounds;
  }

  get plannedCases(): number {
    return this.#content.plannedCases;
  }

  get sessions(): readonly Session[] {
    return this.#content.sessions;
  }

  get cases(): readonly MeasuredCase[] {
    return this.#content.cases;
  }

  get rows(): ComparedRow[] {
    return this.#content.cases.flatMap(({ rows }) => rows);
  }

  /** Whether each of these contenders has been timed, or left out for a reason. */
  has(wanted: ComparedCase, contenders: readonly ContenderName[]): boolean {
    const known = this.#content.cases.find((one) => sameCase(one, wanted));
    if (!known) return false;
    const through = new Set([
      ...known.rows.map(({ channel }) => channel),
      ...known.leftOut.map(({ contender }) => contender),
    ]);
    return contenders.every((name) => through.has(name));
  }

  /** Replaces what was known of this case. */
  async add(measured: MeasuredCase): Promise<void> {
    const others = this.#content.cases.filter((one) => !sameCase(one, measured));
    await this.#save({ ...this.#content, cases: [...others, measured] });
  }

  async addSession(session: Session): Promise<void> {
    await this.#save({ ...this.#content, sessions: [...this.#content.sessions, session] });
  }

  async #save(content: RecordContent): Promise<void> {
    this.#content = content;
    if (this.#file === undefined) return;
    const next = `${this.#file}.part`;
    await writeFile(next, `${JSON.stringify(content, null, 1)}\n`);
    await rename(next, this.#file);
  }
}

async function readIfPresent(file: string): Promise<RecordContent | undefined> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (text === undefined) return undefined;
  const parsed = recordSchema.safeParse(JSON.parse(text));
  if (parsed.success) return parsed.data;
  throw new Error(`${file} is no record of compare.ts: ${z.prettifyError(parsed.error)}`);
}

/** Median over the common rounds of one time over another; undefined when one of them was not measured. */
export function ratioOf(own: ComparedRow | undefined, other: ComparedRow | undefined): number | undefined {
  if (!own || !other) return undefined;
  const ratios = own.roundsUs.flatMap((us, round) => {
    const otherUs = other.roundsUs[round];
    return otherUs === undefined ? [] : [us / otherUs];
  });
  return median(ratios);
}

/** Of an even number, the lower one of the two in the middle. */
export function median(values: readonly number[]): number | undefined {
  return [...values].sort((a, b) => a - b)[Math.floor((values.length - 1) / 2)];
}
