import { type Frame, frameKinds, HEADER_BYTES } from '../rendezvous/protocol.js';
import { type Message, type Pending, taken } from './channel.js';

/** Measured best on WebSockets, and short enough that a heartbeat never waits long behind one. */
const CHUNK_BYTES = 262_144;

const nothing = new Uint8Array(0);

/** Where frames leave this rank. */
export interface FrameSink {
  /** Bytes handed over that still take up room. */
  readonly bufferedBytes: number;
  /** What they may come to before messages wait. */
  readonly windowBytes: number;
  readonly maxFrameBytes: number;
  /** Copies the frame. */
  send(frame: Frame): void;
}

/** Where a message goes. */
interface Address {
  readonly to: number;
  readonly context: number;
  readonly tag: number;
}

interface OutgoingMessage extends Address {
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
    if (isShort && this.#hasRoom && !this.#waits(to, context, tag)) {
      this.#emit(frameKinds.data, { to, context, tag }, message.datatype, message.bytes, 0);
      return taken;
    }
    const name = nameOf(to, context, tag);
    const queue = this.#queues.get(name) ?? [];
    this.#queues.set(name, queue);
    let cancel: (reason: Error) => void = () => {};
    const promise = new Promise<void>((resolve, reject) => {
      const outgoing = { to, context, tag, message, sentBytes: 0, resolve, reject };
      queue.push(outgoing);
      cancel = (reason) => this.#cancel(name, outgoing, reason);
    });
    this.proceed();
    return { promise, cancel };
  }

  /** A new epoch begins: frames are counted anew. Whatever still waits has been given up by its owner. */
  restart(): void {
    this.#sequences.clear();
  }

  /** Sends what waits, as far as there is room for it; to be called when there is more than before. */
  proceed(): void {
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
    const { message } = outgoing;
    const payload = message.bytes.subarray(outgoing.sentBytes, outgoing.sentBytes + this.#chunkBytes);
    outgoing.sentBytes += payload.byteLength;
    const remaining = message.bytes.byteLength - outgoing.sentBytes;
    this.#emit(frameKinds.data, outgoing, message.datatype, payload, remaining);
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
    if (outgoing.sentBytes > 0) this.#emit(frameKinds.cancel, outgoing, 0, nothing, 0);
    outgoing.reject(reason);
  }

  #emit(
    kind: typeof frameKinds.data | typeof frameKinds.cancel,
    { to, context, tag }: Address,
    datatype: number,
    payload: Uint8Array,
    remaining: number,
  ): void {
    const sequence = this.#sequences.get(to) ?? 0;
    this.#sequences.set(to, (sequence + 1) % 2 ** 32);
    this.#sink.send({
      kind,
      datatype,
      epoch: 0,
      communicator: context,
      tag,
      sequence,
      source: this.#rank,
      destination: to,
      remaining,
      payload,
    });
  }

  get #hasRoom(): boolean {
    return this.#sink.bufferedBytes < this.#sink.windowBytes;
  }

  /** Whether messages that this one must not overtake wait. */
  #waits(to: number, context: number, tag: number): boolean {
    return this.#queues.size > 0 && this.#queues.has(nameOf(to, context, tag));
  }
}

function nameOf(to: number, context: number, tag: number): string {
  return `${to}:${context}:${tag}`;
}
