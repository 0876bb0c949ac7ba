import { type Frame, frame, frameKinds, HEADER_BYTES } from '../rendezvous/protocol.js';
import { type Message, type Pending, taken } from './channel.js';

/** Measured best on WebSockets, and short enough that a heartbeat never waits long behind one. */
const CHUNK_BYTES = 262_144;

/** Where frames leave this rank. */
export interface FrameSink {
  /** Bytes handed over that still take up room. */
  readonly bufferedBytes: number;
  /** What they may come to before messages wait. */
  readonly windowBytes: number;
  readonly maxFrameBytes: number;
  /** Copies the frame; `released` is called when it takes up room no more. */
  send(frame: Frame, released: () => void): void;
}

interface OutgoingMessage {
  readonly to: number;
  readonly context: number;
  readonly tag: number;
  readonly message: Message;
  sentBytes: number;
  readonly resolve: () => void;
  readonly reject: (reason: Error) => void;
}

/**
 * Cuts messages into frames. Messages to one rank with the same context and tag go one after the other, so that their
 * order holds; all others take turns, chunk by chunk, so that a long message does not hold up a short one.
 */
export class Outbox {
  readonly #sink: FrameSink;
  readonly #rank: number;
  readonly #chunkBytes: number;
  /** Messages that wait, by destination, context and tag, in the order of their turns. */
  readonly #queues = new Map<string, OutgoingMessage[]>();
  readonly #sequences = new Map<number, number>();

  constructor(rank: number, sink: FrameSink) {
    this.#rank = rank;
    this.#sink = sink;
    this.#chunkBytes = Math.min(CHUNK_BYTES, Math.floor(sink.windowBytes / 2), sink.maxFrameBytes - HEADER_BYTES);
  }

  /** Resolves when every byte has been copied out. */
  send(to: number, context: number, tag: number, message: Message): Pending<void> {
    const isShort = message.bytes.byteLength <= this.#chunkBytes;
    const name = `${to}:${context}:${tag}`;
    if (isShort && !this.#queues.has(name) && this.#hasRoom) {
      this.#emit(to, { context, tag, datatype: message.datatype, payload: message.bytes });
      return taken;
    }
    const queue = this.#queues.get(name) ?? [];
    this.#queues.set(name, queue);
    let cancel: (reason: Error) => void = () => {};
    const promise = new Promise<void>((resolve, reject) => {
      const outgoing = { to, context, tag, message, sentBytes: 0, resolve, reject };
      queue.push(outgoing);
      cancel = (reason) => this.#cancel(name, outgoing, reason);
    });
    this.#pump();
    return { promise, cancel };
  }

  /** A new epoch begins: frames are counted anew. Whatever still waits has been given up by its owner. */
  restart(): void {
    this.#sequences.clear();
  }

  #pump(): void {
    while (this.#queues.size > 0 && this.#hasRoom) {
      for (const [name, queue] of this.#queues) {
        this.#queues.delete(name);
        const head = queue[0];
        if (head && this.#sendChunk(head)) queue.shift();
        if (queue.length > 0) this.#queues.set(name, queue);
        break;
      }
    }
  }

  /** True when it was the last chunk of the message. */
  #sendChunk(outgoing: OutgoingMessage): boolean {
    const { to, context, tag, message } = outgoing;
    const payload = message.bytes.subarray(outgoing.sentBytes, outgoing.sentBytes + this.#chunkBytes);
    outgoing.sentBytes += payload.byteLength;
    const remaining = message.bytes.byteLength - outgoing.sentBytes;
    this.#emit(to, { context, tag, datatype: message.datatype, payload, remaining });
    if (remaining > 0) return false;
    outgoing.resolve();
    return true;
  }

  #cancel(name: string, outgoing: OutgoingMessage, reason: Error): void {
    const queue = this.#queues.get(name);
    const place = queue?.indexOf(outgoing) ?? -1;
    if (!queue || place < 0) return;
    queue.splice(place, 1);
    if (queue.length === 0) this.#queues.delete(name);
    if (outgoing.sentBytes > 0)
      this.#emit(outgoing.to, { kind: frameKinds.cancel, context: outgoing.context, tag: outgoing.tag });
    outgoing.reject(reason);
  }

  #emit(to: number, fields: Partial<Frame> & { context: number }): void {
    const { context, ...rest } = fields;
    const sequence = this.#sequences.get(to) ?? 0;
    this.#sequences.set(to, (sequence + 1) % 2 ** 32);
    this.#sink.send(
      frame({ kind: frameKinds.data, ...rest, communicator: context, sequence, source: this.#rank, destination: to }),
      this.#released,
    );
  }

  get #hasRoom(): boolean {
    return this.#sink.bufferedBytes < this.#sink.windowBytes;
  }

  readonly #released = () => this.#pump();
}
