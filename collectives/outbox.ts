import { type Frame, frame, frameKinds, HEADER_BYTES } from '../rendezvous/protocol.js';
import type { Message, Pending } from './channel.js';

/** Measured best on WebSockets, and short enough that a heartbeat never waits long behind one. */
const CHUNK_BYTES = 262_144;
/** Bytes handed to the socket beyond which messages wait here. */
const HIGH_WATER_BYTES = 1_048_576;

const done: Pending<void> = { promise: Promise.resolve(), cancel() {} };

/** Where frames leave this rank. */
export interface FrameSink {
  readonly bufferedBytes: number;
  readonly maxFrameBytes: number;
  send(frame: Frame, written: () => void): void;
}

interface OutgoingMessage {
  readonly context: number;
  readonly tag: number;
  readonly message: Message;
  sentBytes: number;
  readonly resolve: () => void;
  readonly reject: (reason: Error) => void;
}

/**
 * Cuts messages into frames. Messages to one rank go one after the other, so that their order holds; the ranks take
 * turns, chunk by chunk, so that a long message to one does not hold up a short one to another.
 */
export class Outbox {
  readonly #sink: FrameSink;
  readonly #rank: number;
  readonly #chunkBytes: number;
  /** Messages that wait, by destination; the order of the destinations is that of their turns. */
  readonly #queues = new Map<number, OutgoingMessage[]>();
  readonly #sequences = new Map<number, number>();

  constructor(rank: number, sink: FrameSink) {
    this.#rank = rank;
    this.#sink = sink;
    this.#chunkBytes = Math.min(CHUNK_BYTES, sink.maxFrameBytes - HEADER_BYTES);
  }

  /** Resolves when every byte has been copied out. */
  send(to: number, context: number, tag: number, message: Message): Pending<void> {
    const isShort = message.bytes.byteLength <= this.#chunkBytes;
    if (isShort && !this.#queues.has(to) && this.#sink.bufferedBytes < HIGH_WATER_BYTES) {
      this.#emit(to, { context, tag, datatype: message.datatype, payload: message.bytes });
      return done;
    }
    const queue = this.#queues.get(to) ?? [];
    this.#queues.set(to, queue);
    let cancel: (reason: Error) => void = () => {};
    const promise = new Promise<void>((resolve, reject) => {
      const outgoing = { context, tag, message, sentBytes: 0, resolve, reject };
      queue.push(outgoing);
      cancel = (reason) => this.#cancel(to, outgoing, reason);
    });
    this.#pump();
    return { promise, cancel };
  }

  #pump(): void {
    while (this.#queues.size > 0 && this.#sink.bufferedBytes < HIGH_WATER_BYTES) {
      for (const [to, queue] of this.#queues) {
        this.#queues.delete(to);
        const head = queue[0];
        if (head && this.#sendChunk(to, head)) queue.shift();
        if (queue.length > 0) this.#queues.set(to, queue);
        break;
      }
    }
  }

  /** True when it was the last chunk of the message. */
  #sendChunk(to: number, outgoing: OutgoingMessage): boolean {
    const { context, tag, message } = outgoing;
    const payload = message.bytes.subarray(outgoing.sentBytes, outgoing.sentBytes + this.#chunkBytes);
    outgoing.sentBytes += payload.byteLength;
    const remaining = message.bytes.byteLength - outgoing.sentBytes;
    this.#emit(to, { context, tag, datatype: message.datatype, payload, remaining });
    if (remaining > 0) return false;
    outgoing.resolve();
    return true;
  }

  #cancel(to: number, outgoing: OutgoingMessage, reason: Error): void {
    const queue = this.#queues.get(to);
    const place = queue?.indexOf(outgoing) ?? -1;
    if (!queue || place < 0) return;
    queue.splice(place, 1);
    if (queue.length === 0) this.#queues.delete(to);
    if (outgoing.sentBytes > 0)
      this.#emit(to, { kind: frameKinds.cancel, context: outgoing.context, tag: outgoing.tag });
    outgoing.reject(reason);
  }

  #emit(to: number, fields: Partial<Frame> & { context: number }): void {
    const { context, ...rest } = fields;
    const sequence = this.#sequences.get(to) ?? 0;
    this.#sequences.set(to, (sequence + 1) % 2 ** 32);
    this.#sink.send(
      frame({ kind: frameKinds.data, ...rest, communicator: context, sequence, source: this.#rank, destination: to }),
      this.#written,
    );
  }

  readonly #written = () => this.#pump();
}
