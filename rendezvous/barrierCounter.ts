import { missingRanges, type RankRange } from './rankRanges.js';

interface OpenBarrier {
  readonly entered: Set<number>;
  readonly sinceMs: number;
}

/** Counts the ranks of one group into its barriers; a barrier is named by communicator and tag. */
export class BarrierCounter {
  readonly #worldSize: number;
  readonly #maxOpen: number;
  readonly #open = new Map<string, OpenBarrier>();
  /** Ranks that a barrier needs. */
  #ranks: ReadonlySet<number>;

  constructor(worldSize: number, maxOpen: number) {
    this.#worldSize = worldSize;
    this.#maxOpen = maxOpen;
    this.#ranks = new Set(Array.from({ length: worldSize }, (_, rank) => rank));
  }

  /** Begins anew with the ranks that take part from now on. */
  begin(ranks: ReadonlySet<number>): void {
    this.#ranks = ranks;
    this.clear();
  }

  /**
   * A rank enters. `waitedMs` is set when it was the last one: time since the first.
   * `refused` when too many barriers are open, or when the rank has entered this one already.
   */
  enter(communicator: number, tag: number, rank: number, nowMs: number): { refused?: string; waitedMs?: number } {
    const name = `${communicator}:${tag}`;
    let barrier = this.#open.get(name);
    if (!barrier) {
      if (this.#open.size >= this.#maxOpen) return { refused: `${this.#maxOpen} barriers are open already` };
      barrier = { entered: new Set(), sinceMs: nowMs };
      this.#open.set(name, barrier);
    }
    if (barrier.entered.has(rank)) return { refused: `rank ${rank} entered the same barrier twice` };
    barrier.entered.add(rank);
    if (barrier.entered.size < this.#ranks.size) return {};
    this.#open.delete(name);
    return { waitedMs: nowMs - barrier.sinceMs };
  }

  /** Who has not entered a barrier; nobody when it is complete or was never begun. */
  missing(communicator: number, tag: number): RankRange[] {
    const barrier = this.#open.get(`${communicator}:${tag}`);
    if (!barrier) return [];
    return missingRanges(this.#worldSize, (rank) => barrier.entered.has(rank) || !this.#ranks.has(rank));
  }

  clear(): void {
    this.#open.clear();
  }
}
