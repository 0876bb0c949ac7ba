import { randomUUID } from 'node:crypto';
import type { Clock } from '../../rendezvous/clock.js';
import type { PeerGone } from '../../rendezvous/control.js';
import { FencedError, type MemberIdentity } from '../../rendezvous/errors.js';
import type { ListedObject, ObjectExchange } from './objectExchange.js';
import { leftName, parsePresence, presenceName, presencePrefix } from './objectNames.js';

export interface HeartbeatOptions {
  /** How often a rank renews its presence, and looks at that of the others while it waits for them. */
  readonly intervalMs: number;
  /** A presence that has not been renewed for so long is that of a lost rank. */
  readonly silenceMs: number;
}

/** This rank's own presence: an object that is written anew at every heartbeat. */
export class OwnPresence {
  readonly #exchange: ObjectExchange;
  readonly #name: string;
  readonly #leftName: string;
  readonly #stop: () => void;
  /** Tells what this attempt has written from what another of the same generation has. */
  readonly #author = randomUUID();
  #beat = 0;
  /** False until this attempt is known to be the only one of its generation. */
  #beating = false;
  /** Beats since the last one that was written. */
  #missed = 0;
  #fault: unknown = new Error('the object was not written in time');
  /** The write that is under way. */
  #writing: Promise<void> | undefined;

  private constructor(
    exchange: ObjectExchange,
    member: { rank: number; generation: number },
    options: HeartbeatOptions,
    clock: Clock,
    failed: (cause: unknown) => void,
  ) {
    this.#exchange = exchange;
    this.#name = presenceName(member.rank, member.generation);
    this.#leftName = leftName(member.rank, member.generation);
    const tolerated = Math.floor(options.silenceMs / options.intervalMs);
    this.#stop = clock.every(options.intervalMs, () => {
      if (!this.#beating) return;
      if (++this.#missed === tolerated + 1) failed(this.#fault);
      // Where writing takes longer than a beat, one at a time: they must not pile up.
      this.#writing ??= this.#renew()
        .then(
          () => {
            this.#missed = 0;
          },
          (cause) => {
            this.#fault = cause;
          },
        )
        .finally(() => {
          this.#writing = undefined;
        });
    });
  }

  /** Appears, and stays until `end`. @throws FencedError when this generation was here before; what the exchange throws. */
  static async begin(
    exchange: ObjectExchange,
    member: MemberIdentity,
    options: HeartbeatOptions,
    clock: Clock,
    failed: (cause: unknown) => void,
  ): Promise<OwnPresence> {
    const presence = new OwnPresence(exchange, member, options, clock, failed);
    try {
      if (!(await presence.#isFirst())) {
        throw new FencedError(member, `another attempt of generation ${member.generation} was here before`);
      }
      presence.#beating = true;
      return presence;
    } catch (error) {
      presence.#stop();
      throw error;
    }
  }

  /** No more heartbeats; none is under way when it resolves. */
  async end(): Promise<void> {
    this.#stop();
    await this.#writing;
  }

  /** Tells the others that this rank has left in good order. */
  leave(): Promise<void> {
    return this.#exchange.put(this.#leftName, new Uint8Array(0));
  }

  /** As if this rank had never come. */
  withdraw(): Promise<void> {
    return this.#exchange.delete([this.#name]);
  }

  /** A write that was repeated, because its answer was lost, finds what it has written itself. */
  async #isFirst(): Promise<boolean> {
    const content = this.#content();
    if (await this.#exchange.putIfAbsent(this.#name, content)) return true;
    const found = await this.#exchange.get(this.#name);
    return found !== undefined && content.equals(found);
  }

  #renew(): Promise<void> {
    return this.#exchange.put(this.#name, this.#content());
  }

  #content(): Buffer {
    return Buffer.from(`${this.#author} ${this.#beat++}`);
  }
}

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
