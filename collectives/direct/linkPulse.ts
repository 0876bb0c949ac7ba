import { Heartbeat } from '../../rendezvous/heartbeat.js';

export const BEAT_MS = 1000;
/**
 * Beats in a row without a byte after which a link counts as broken. A rank that is frozen is found by the rendezvous
 * before that; this finds ways that swallow everything between two ranks that live.
 */
const MISSES = 5;

/** What a pulse needs of its link. */
export interface PulsedLink {
  /** Sends something that the other end need not answer. */
  beat(): void;
  /** Bytes that have come so far. */
  bytesRead(): number;
  /** The link is broken, although nobody has closed it. */
  silent(): void;
}

/** Keeps both ends of a link known to be alive: TCP itself notices a cut way only after many minutes. */
export class LinkPulse {
  readonly #link: PulsedLink;
  readonly #heartbeat = new Heartbeat(MISSES);
  readonly #timer: NodeJS.Timeout;
  #bytesRead = 0;
  #isListening = false;

  /** Begins to beat. */
  constructor(link: PulsedLink) {
    this.#link = link;
    this.#timer = setInterval(() => this.#beat(), BEAT_MS);
    this.#timer.unref();
  }

  /** From here on the other end is expected to beat, too, and what it sends is read. */
  listen(): void {
    this.#isListening = true;
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #beat(): void {
    this.#link.beat();
    if (!this.#isListening) return;
    const bytesRead = this.#link.bytesRead();
    const isAlive = bytesRead !== this.#bytesRead;
    this.#bytesRead = bytesRead;
    if (isAlive) this.#heartbeat.heard();
    else if (this.#heartbeat.isSilent()) {
      this.stop();
      this.#link.silent();
    }
  }
}
