import {
  encodeFrame,
  type FrameHeader,
  frame,
  frameKinds,
  HEADER_BYTES,
  writeHeader,
} from '../../rendezvous/protocol.js';
import { type Message, type Pending, taken } from '../channel.js';
import type { ByteStream } from './linkStream.js';
import { NO_BYTES } from './noBytes.js';
import { SentWindow } from './sentWindow.js';
import { Transfer } from './transfer.js';

/** Long messages travel in frames of this many bytes, so that acknowledgements pass between them. */
const CHUNK_BYTES = 524_288;
/** Up to here header and payload are copied into one buffer; above, both are handed over as they are. */
export const MERGED_BYTES = HEADER_BYTES + 65_536;
/** Bytes handed to the socket beyond which messages wait here. */
const HIGH_WATER_BYTES = 1_048_576;
/** Sent bytes that are kept until the other end has acknowledged them; two acknowledgements fit. */
export const WINDOW_BYTES = 2_097_152;

export interface FrameWriterOptions {
  readonly rank: number;
  /** Memory that the socket is about to read was given back to the caller: the link must be broken. */
  onStuck(): void;
  /** Bytes of the stream in the other direction that have arrived; whoever asks tells the other end. */
  received(): number;
}

/** A message of which some bytes are in the stream and still in memory of the caller. */
interface Unsettled {
  readonly transfer: Transfer;
  /** Its bytes in the stream so far, oldest first. */
  pieces: Uint8Array[];
  /** Chunks that the system has not taken whole. */
  unwritten: number;
  /** Offset in the stream behind its last byte, once that is known. */
  end: number | undefined;
  cancelled: boolean;
}

type FrameFields = Omit<FrameHeader, 'epoch' | 'sequence' | 'source' | 'destination'>;

/**
 * One direction of a direct link: a stream of frames. Long messages are not copied on their way to the socket; a
 * message resolves once the other end has acknowledged it, or once the socket has taken its bytes and those that are not
 * acknowledged have been copied into the window, where they are kept for the case that the link breaks; the copy is made
 * when nothing is left to send, unless the sender is patient.
 *
 * Every frame says how much of the other direction has arrived, in the place of the destination, which a link does not
 * need: where ranks swap messages, acknowledgements cost nothing.
 */
export class FrameWriter {
  readonly #stream: ByteStream;
  readonly #options: FrameWriterOptions;
  readonly #window = new SentWindow(WINDOW_BYTES);
  /** Messages of which nothing was sent yet. */
  readonly #waiting: Transfer[] = [];
  /** Messages that are in the stream, oldest first; only the last may be incomplete. */
  readonly #unsettled: Unsettled[] = [];
  #offset = NO_BYTES;
  #sequence = 0;
  #stopped = false;
  #settlesSoon = false;

  constructor(stream: ByteStream, options: FrameWriterOptions) {
    this.#stream = stream;
    this.#options = options;
  }

  send(context: number, tag: number, message: Message, isPatient = false): Pending<void> {
    const length = HEADER_BYTES + message.bytes.byteLength;
    const isIdle = this.#unsettled.length === 0 && this.#waiting.length === 0;
    if (isIdle && length <= MERGED_BYTES && this.#hasRoom() && this.#window.reaches(this.#offset + length)) {
      this.#sendShort(context, tag, message, length);
      return taken;
    }
    const transfer = new Transfer(context, tag, message);
    transfer.onCancel = (reason) => this.#cancel(transfer, reason);
    transfer.onHurry = () => this.#settleSoon();
    transfer.isPatient = isPatient;
    this.#waiting.push(transfer);
    this.#pump();
    return transfer;
  }

  /** Tells the other end how much of its stream has arrived. Not part of the stream itself. */
  acknowledge(): void {
    if (this.#stopped) return;
    const sequence = this.#options.received() % 2 ** 32;
    const acknowledgement = frame({ kind: frameKinds.acknowledge, sequence, source: this.#options.rank });
    this.#stream.write([encodeFrame(acknowledgement)], this.#pump);
  }

  /** Tells the other end that nothing follows. */
  leave(): void {
    this.#stream.write([encodeFrame(frame({ kind: frameKinds.leave, source: this.#options.rank }))], () => {});
  }

  /** The other end has so many bytes of the stream, modulo 2^32. */
  acknowledged(sequence: number): void {
    const { acknowledged } = this.#window;
    const step = (sequence - (acknowledged % 2 ** 32) + 2 ** 32) % 2 ** 32;
    if (step === 0 || acknowledged + step > this.#offset) return;
    this.#window.acknowledge(acknowledged + step);
    this.#settle((end) => end <= this.#window.acknowledged);
    this.#settleSoon();
  }

  /** Sends nothing more. */
  stop(): void {
    this.#stopped = true;
  }

  /**
   * After `stop`: what the other end still needs when it has `received` bytes of the stream. First the rest of the
   * stream up to the end of a message, then the messages that were not begun.
   */
  remains(received: number): { stream: Uint8Array[]; begun: Transfer[]; waiting: Transfer[] } {
    const stream: Uint8Array[] = [];
    const kept = this.#window.since(Math.min(this.#window.end, Math.max(received, this.#window.acknowledged)));
    if (kept.byteLength > 0) stream.push(kept);
    let offset = this.#window.end;
    for (const message of this.#unsettled) {
      for (const piece of message.pieces) {
        const missing = piece.subarray(Math.min(piece.byteLength, Math.max(0, received - offset)));
        if (missing.byteLength > 0) stream.push(missing);
        offset += piece.byteLength;
      }
      if (message.end === undefined) stream.push(...this.#ending(message));
    }
    const begun = this.#unsettled.filter(({ cancelled }) => !cancelled).map(({ transfer }) => transfer);
    return { stream, begun, waiting: this.#waiting };
  }

  /** Header and payload are put together where they are kept, if they fit there in one piece. */
  #sendShort(communicator: number, tag: number, { datatype, bytes: payload }: Message, length: number): void {
    const place = this.#window.place(length);
    const bytes = place ?? Buffer.allocUnsafe(length);
    const fields = { kind: frameKinds.data, communicator, tag, datatype, remaining: 0 };
    this.#writeHeader(bytes, fields, payload.byteLength);
    bytes.set(payload, HEADER_BYTES);
    if (!place) this.#window.keep(bytes);
    this.#offset += length;
    this.#stream.write([bytes], this.#pump);
  }

  readonly #pump = (): void => {
    if (this.#stopped) return;
    while (this.#hasRoom()) {
      const open = this.#unsettled.at(-1);
      const incomplete = open && open.end === undefined ? open : this.#begin();
      if (!incomplete) break;
      this.#sendChunk(incomplete);
    }
    this.#settleSoon();
  };

  #begin(): Unsettled | undefined {
    const transfer = this.#waiting.shift();
    if (!transfer) return undefined;
    const message = { transfer, pieces: [], unwritten: 0, end: undefined, cancelled: false };
    this.#unsettled.push(message);
    return message;
  }

  #sendChunk(message: Unsettled): void {
    const [header, payload] = this.#nextChunk(message);
    const pieces =
      payload && header.length + payload.byteLength > MERGED_BYTES ? [header, payload] : [merged(header, payload)];
    for (const piece of pieces) {
      message.pieces.push(piece);
      this.#offset += piece.byteLength;
    }
    const isTaken = this.#stream.write(pieces, () => {
      message.unwritten -= 1;
      if (message.unwritten === 0) this.#pump();
    });
    if (!isTaken) message.unwritten += 1;
    if (message.cancelled || message.transfer.remainingBytes === 0) message.end = this.#offset;
  }

  /** The next frame of a message; when it was cancelled, the frame that says so. */
  #nextChunk({ transfer, cancelled }: Unsettled): [header: Buffer, payload?: Uint8Array] {
    const { context: communicator, tag, message } = transfer;
    const header = Buffer.allocUnsafe(HEADER_BYTES);
    if (cancelled) {
      this.#writeHeader(header, { kind: frameKinds.cancel, communicator, tag, datatype: 0, remaining: 0 }, 0);
      return [header];
    }
    const { datatype } = message;
    const payload = message.bytes.subarray(transfer.emittedBytes, transfer.emittedBytes + CHUNK_BYTES);
    transfer.emittedBytes += payload.byteLength;
    const fields = { kind: frameKinds.data, communicator, tag, datatype, remaining: transfer.remainingBytes };
    this.#writeHeader(header, fields, payload.byteLength);
    return payload.byteLength > 0 ? [header, payload] : [header];
  }

  /** The frames that complete a message of which the stream holds the beginning. */
  #ending(message: Unsettled): Uint8Array[] {
    const pieces: Uint8Array[] = [];
    do {
      for (const piece of this.#nextChunk(message)) if (piece) pieces.push(piece);
    } while (!message.cancelled && message.transfer.remainingBytes > 0);
    return pieces;
  }

  /**
   * Once nothing is left to send and somebody waits, copies what is not acknowledged by the time that the next arrivals
   * have been read.
   */
  #settleSoon(): void {
    const last = this.#unsettled.at(-1);
    if (this.#settlesSoon || !last || last.end === undefined || last.unwritten > 0) return;
    if (this.#unsettled.every(({ transfer }) => transfer.isPatient)) return;
    this.#settlesSoon = true;
    this.#stream.during(last.transfer);
    this.#stream.afterArrivals(() => {
      this.#settlesSoon = false;
      if (!this.#stopped) this.#settle((end) => this.#window.reaches(end));
    });
  }

  /** Resolves messages that need their caller's memory no more, oldest first. */
  #settle(isSafe: (end: number) => boolean): void {
    for (;;) {
      const [oldest] = this.#unsettled;
      if (oldest?.end === undefined || oldest.unwritten > 0 || !isSafe(oldest.end)) return;
      this.#unsettled.shift();
      for (const piece of oldest.pieces) this.#window.keep(piece);
      if (!oldest.cancelled) oldest.transfer.resolve();
    }
  }

  #cancel(transfer: Transfer, reason: Error): void {
    const place = this.#waiting.indexOf(transfer);
    const message = this.#unsettled.find((candidate) => candidate.transfer === transfer);
    if (place < 0 && (!message || message.cancelled)) return;
    if (place >= 0) this.#waiting.splice(place, 1);
    if (message) {
      // The memory is the caller's again as soon as this returns.
      message.cancelled = true;
      message.pieces = message.pieces.map((piece) => new Uint8Array(piece));
      if (message.unwritten > 0) this.#options.onStuck();
      else this.#pump();
    }
    transfer.reject(reason);
  }

  #hasRoom(): boolean {
    return this.#stream.backlogBytes < HIGH_WATER_BYTES;
  }

  #writeHeader(target: Buffer, fields: FrameFields, payloadBytes: number): void {
    const sequence = this.#sequence;
    this.#sequence = (sequence + 1) % 2 ** 32;
    const header = {
      kind: fields.kind,
      datatype: fields.datatype,
      epoch: 0,
      communicator: fields.communicator,
      tag: fields.tag,
      sequence,
      source: this.#options.rank,
      destination: this.#options.received() % 2 ** 32,
      remaining: fields.remaining,
    };
    writeHeader(target, 0, header, payloadBytes);
  }
}

function merged(header: Buffer, payload: Uint8Array | undefined): Buffer {
  return payload ? Buffer.concat([header, payload]) : header;
}
