import type { Clock } from '../../rendezvous/clock.js';
import type { PeerGone } from '../../rendezvous/control.js';
import type { ListedObject, ObjectExchange } from './objectExchange.js';
import { parsePresence, presencePrefix } from './objectNames.js';
import type { HeartbeatOptions } from './storageTiming.js';

interface Seen {
  etag: string;
  /** How long it has not changed. */
  silentMs: number;
}

/** A pause between two looks counts as no more than so many intervals: in a longer one this rank was held up itself. */
const countedIntervals = 2;

/** Watches the presences of the other members, by this rank's own clock: nobody's clocks need agree. */
export class PresenceWatch {
  readonly #exchange: ObjectExchange;
  readonly #generations: ReadonlyMap<number, number>;
  readonly #rank: number;
  readonly #options: HeartbeatOptions;
  readonly #clock: Clock;
  readonly #seen = new Map<number, Seen>();
  readonly #gone = new Set<number>();
  #lookedAtMs: number | undefined;

  /** @param generations of the members, by rank. */
  constructor(
    exchange: ObjectExchange,
    rank: number,
    generations: ReadonlyMap<number, number>,
    options: HeartbeatOptions,
    clock: Clock,
  ) {
    this.#exchange = exchange;
    this.#rank = rank;
    this.#generations = generations;
    this.#options = options;
    this.#clock = clock;
  }

  /** True when every other member is known to be gone. */
  get isAlone(): boolean {
    return this.#gone.size === this.#generations.size - 1;
  }

  /** Begins anew after a pause in which nobody looked: silence counts from the next look. */
  resume(): void {
    this.#seen.clear();
    this.#lookedAtMs = undefined;
  }

  /** One look: who has gone since the last one. */
  async look(): Promise<PeerGone[]> {
    const listing = await this.#exchange.list(presencePrefix);
    const passedMs = this.#passed();
    const present = new Map<number, ListedObject>();
    const left = new Set<number>();
    for (const object of listing) {
      const parsed = parsePresence(object.name);
      if (!parsed || this.#generations.get(parsed.rank) !== parsed.generation) continue;
      if (parsed.left) left.add(parsed.rank);
      else present.set(parsed.rank, object);
    }
    const gone: PeerGone[] = [];
    this.#generations.forEach((generation, rank) => {
      if (rank === this.#rank || this.#gone.has(rank)) return;
      if (left.has(rank)) gone.push({ rank, generation, how: 'left', cause: 'it closed its communicator' });
      else {
        const silentMs = this.#silence(rank, present.get(rank)?.etag ?? 'absent', passedMs);
        if (silentMs < this.#options.silenceMs) return;
        const cause = `it has not renewed its presence for ${(silentMs / 1000).toFixed(1)} s`;
        gone.push({ rank, generation, how: 'lost', cause });
      }
    });
    for (const { rank } of gone) this.#gone.add(rank);
    return gone;
  }

  /** Time since the last look. */
  #passed(): number {
    const nowMs = this.#clock.nowMs();
    const passedMs = nowMs - (this.#lookedAtMs ?? nowMs);
    this.#lookedAtMs = nowMs;
    return Math.min(passedMs, countedIntervals * this.#options.intervalMs);
  }

  #silence(rank: number, etag: string, passedMs: number): number {
    const seen = this.#seen.get(rank);
    const silentMs = seen?.etag === etag ? seen.silentMs + passedMs : 0;
    this.#seen.set(rank, { etag, silentMs });
    return silentMs;
  }
}
