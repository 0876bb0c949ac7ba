import { randomUUID } from 'node:crypto';
import type { Clock } from '../../rendezvous/clock.js';
import { FencedError, type MemberIdentity } from '../../rendezvous/errors.js';
import type { ObjectExchange } from './objectExchange.js';
import { leftName, presenceName } from './objectNames.js';
import type { HeartbeatOptions } from './storageTiming.js';

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
