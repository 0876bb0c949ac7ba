import type { Clock } from './clock.js';
import { encodeControl, type PeerGone } from './control.js';
import type { PackedFrame } from './packedFrame.js';
import { frameKinds } from './protocol.js';

/**
 * Collects who is gone and tells it in one frame: losses in the next turn of the event loop, departures in good order
 * within a heartbeat. So a world of 10,000 that ends at once costs a few frames each and not 10,000.
 */
export class GoneNotices {
  readonly #clock: Clock;
  readonly #departureDelayMs: number;
  readonly #send: (frame: PackedFrame) => void;
  #pending: PeerGone[] = [];
  #cancelTimer: (() => void) | undefined;
  #urgent = false;

  constructor(clock: Clock, departureDelayMs: number, send: (frame: PackedFrame) => void) {
    this.#clock = clock;
    this.#departureDelayMs = departureDelayMs;
    this.#send = send;
  }

  add(peer: PeerGone): void {
    this.#pending.push(peer);
    const urgent = peer.how !== 'left';
    if (this.#cancelTimer && (this.#urgent || !urgent)) return;
    this.#cancelTimer?.();
    this.#urgent = urgent;
    this.#cancelTimer = this.#clock.after(urgent ? 0 : this.#departureDelayMs, () => this.flush());
  }

  stop(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    this.#pending = [];
  }

  /** Tells at once what has not been told. */
  flush(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    this.#urgent = false;
    const peers = this.#pending;
    if (peers.length === 0) return;
    this.#pending = [];
    this.#send(encodeControl(frameKinds.gone, peers));
  }
}
