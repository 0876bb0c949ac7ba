import { FrameReader, type FrameSink } from './frameReader.js';
import { FrameWriter } from './frameWriter.js';
import { hangUp, type LinkConnection } from './linkMaker.js';
import { LinkPulse } from './linkPulse.js';
import type { LinkStream } from './linkStream.js';
import type { Awaited } from './spinner.js';

/** Time for the other end to hang up after this one has. */
const CLOSE_GRACE_MS = 1000;

/** Where what comes over a link goes, and who hears of its end. */
export interface LinkEvents extends Pick<FrameSink, 'message' | 'claim'> {
  /** The link broke; what is under way must go another way. Called at most once, and not after `close`. */
  broken(): void;
  /** The other end departed in good order; all that it sent has arrived. */
  ended(): void;
}

/** A connection, and how its bytes are read and written. */
export interface OpenedLink {
  readonly socket: LinkConnection['socket'];
  readonly stream: LinkStream;
}

/** A link of two ranks: a stream of frames each way. */
export class DirectLink {
  readonly id: number;
  readonly writer: FrameWriter;
  readonly reader: FrameReader;
  /** Resolves when the connection has ended, for whatever reason. */
  readonly closed: Promise<void>;
  readonly #socket: LinkConnection['socket'];
  readonly #stream: LinkStream;
  readonly #events: LinkEvents;
  readonly #pulse: LinkPulse;
  #isOpen = false;
  #tellsSoon = false;
  #state: 'live' | 'peerLeft' | 'closing' | 'over' = 'live';

  constructor(id: number, rank: number, { socket, stream }: OpenedLink, events: LinkEvents) {
    this.id = id;
    this.#socket = socket;
    this.#stream = stream;
    this.#events = events;
    this.writer = new FrameWriter(stream, {
      rank,
      onStuck: () => this.#broken(),
      received: () => this.reader.tell(),
    });
    this.reader = new FrameReader(
      {
        message: (context, tag, message) => events.message(context, tag, message),
        claim: (context, tag, bytes) => events.claim(context, tag, bytes),
        received: () => this.#tellSoon(),
        acknowledged: (sequence) => this.writer.acknowledged(sequence),
        left: () => this.#peerLeft(),
        stuck: () => this.#broken(),
      },
      stream.untoldBytes,
    );
    this.#pulse = new LinkPulse({
      beat: () => this.writer.acknowledge(),
      bytesRead: () => stream.bytesRead,
      silent: () => this.#broken(),
    });
    this.closed = closing(socket);
    socket.once('close', () => this.#lost());
    if (socket.destroyed) queueMicrotask(() => this.#lost());
  }

  /** Begins to take in what the other end sends. */
  open(): void {
    this.#isOpen = true;
    this.#pulse.listen();
    this.#stream.open(this.reader, () => this.#broken());
  }

  /** Polls, if the rank may, until it is settled. */
  during(awaited: Awaited): void {
    if (this.#isOpen) this.#stream.during(awaited);
  }

  /** Hangs up at once; nothing more comes out of it. */
  destroy(): void {
    const isOrderly = this.#state !== 'live';
    this.#state = 'over';
    this.#pulse.stop();
    this.writer.stop();
    this.reader.interrupt();
    this.#stream.stop();
    if (isOrderly) this.#socket.destroy();
    else hangUp(this.#socket);
  }

  /** Departs in good order: what was sent before still arrives. */
  async close(): Promise<void> {
    this.#pulse.stop();
    if (this.#state === 'live') {
      this.#state = 'closing';
      this.writer.leave();
      this.#stream.end();
    }
    const timer = setTimeout(() => this.destroy(), CLOSE_GRACE_MS);
    await this.closed;
    clearTimeout(timer);
  }

  /** What the other end is told may go with what this one is about to send. */
  #tellSoon(): void {
    if (this.#tellsSoon) return;
    this.#tellsSoon = true;
    this.#stream.soon(() => {
      this.#tellsSoon = false;
      if (this.reader.isDueToTell) this.writer.acknowledge();
    });
  }

  #peerLeft(): void {
    if (this.#state === 'live') this.#state = 'peerLeft';
    this.#pulse.stop();
    this.writer.stop();
    this.#stream.end();
  }

  #lost(): void {
    if (this.#state === 'peerLeft') {
      this.destroy();
      this.#events.ended();
    } else this.#broken();
  }

  #broken(): void {
    if (this.#state !== 'live') return;
    this.destroy();
    this.#events.broken();
  }
}

function closing(socket: LinkConnection['socket']): Promise<void> {
  return new Promise((resolve) => {
    if (socket.closed) resolve();
    else socket.once('close', () => resolve());
  });
}
