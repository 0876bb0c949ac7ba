import { createHash } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { Sweep } from '../../sweep/sweepFile.js';
import { type SweepRow, sweepRowSchema } from '../../sweep/sweepRow.js';
import { readJsonFile, replaceJsonFile } from '../cloud/stateDirectory.js';
import { OtherSweepError } from './errors.js';

const stateSchema = z.object({
  version: z.literal(1),
  fingerprint: z.string(),
  /** What readers of the result must know of the data. */
  notes: z.array(z.string()),
  rows: z.array(sweepRowSchema),
});

/** The runs of a sweep that have been made, in a file beside its output that outlives the process. */
export class SweepState {
  readonly #path: string;
  readonly #fingerprint: string;
  #rows: readonly SweepRow[];
  #notes: readonly string[];

  private constructor(path: string, fingerprint: string, rows: readonly SweepRow[], notes: readonly string[]) {
    this.#path = path;
    this.#fingerprint = fingerprint;
    this.#rows = rows;
    this.#notes = notes;
  }

  /**
   * Opens the state in a folder, which is made if need be.
   *
   * @param keeps - Which of the rows that are there count; the runs of the others are made again.
   * @throws OtherSweepError when it is that of another sweep.
   */
  static async open(folder: string, fingerprint: string, keeps: (row: SweepRow) => boolean): Promise<SweepState> {
    await mkdir(folder, { recursive: true });
    const path = join(folder, 'state.json');
    const found = await readJsonFile(path, stateSchema);
    if (found && found.fingerprint !== fingerprint && found.rows.some(keeps)) throw new OtherSweepError(folder);
    return new SweepState(path, fingerprint, (found?.rows ?? []).filter(keeps), found?.notes ?? []);
  }

  get rows(): readonly SweepRow[] {
    return this.#rows;
  }

  get notes(): readonly string[] {
    return this.#notes;
  }

  async add(row: SweepRow): Promise<void> {
    this.#rows = [...this.#rows, row];
    await this.#save();
  }

  async keepNotes(notes: readonly string[]): Promise<void> {
    this.#notes = notes;
    await this.#save();
  }

  async #save(): Promise<void> {
    const [fingerprint, notes, rows] = [this.#fingerprint, this.#notes, this.#rows];
    await replaceJsonFile(this.#path, { version: 1, fingerprint, notes, rows });
  }
}

/** What must be the same for two commands to work on one sweep; how much it may cost is not part of it. */
export function sweepFingerprint({ stop_after_usd: _limit, ...sweep }: Sweep, cloud: readonly string[]): string {
  return createHash('sha256')
    .update(JSON.stringify([sweep, cloud]))
    .digest('hex');
}
