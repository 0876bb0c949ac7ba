import { FrameError } from '../../rendezvous/errors.js';
import { type FrameHeader, frameKinds, HEADER_BYTES, readHeader } from '../../rendezvous/protocol.js';
import type { Message } from '../channel.js';
import type { Claim } from '../mailbox.js';
import { MessageMemory, messageMemory } from '../messageMemory.js';
import { NO_BYTES } from './noBytes.js';

/** Headers and short frames are read into here; the place of longer ones is known once their header is. */
const STASH_BYTES = 4096;
/** Up to here bytes are copied one by one, which takes less than to name the two places. */
const MAX_SINGLE_BYTES = 64;
/** In the middle of a message the other end is told after so many bytes; it keeps twice as much (`WINDOW_BYTES`). */
const MAX_UNTOLD_BYTES = 1_048_576;

/** Hears what a stream brings, in its order. */
export interface FrameSink {
  message(context: number, tag: number, message: Message): void;
  /** Memory for the message that begins, when its receiver waits for it with some. */
  claim(context: number, tag: number, bytes: number): Claim | undefined;
  /** Much has arrived that the other end was not told of. */
  received(): void;
  /** So many bytes of the stream in the other direction have arrived there, modulo 2^32. */
  acknowledged(sequence: number): void;
  /** Nothing follows. */
  left(): void;
  /** Memory that the socket reads into was taken back: the link must be broken before it reads on. */
  stuck(): void;
}

interface Incoming {
  readonly header: FrameHeader;
  bytes: Uint8Array;
  filled: number;
  claim: Claim | undefined;
}

/** Takes a stream of frames apart, with the bytes of long messages going straight to where they belong. */
export class FrameReader {
  readonly #sink: FrameSink;
  readonly #untoldBytes: number;
  readonly #stash = Buffer.allocUnsafeSlow(STASH_BYTES);
  #stashed = 0;
  /** The message of which the first frame has come and not the last. */
  #incoming: Incoming | undefined;
  /** Bytes of the present frame that have not come. */
  #frameLeft = 0;
  #sequence = 0;
  #receivedBytes = NO_BYTES;
  #toldBytes = NO_BYTES;

  /** @param untoldBytes what may come, up to the end of a message, before the other end is told. */
  constructor(sink: FrameSink, untoldBytes = MAX_UNTOLD_BYTES) {
    this.#sink = sink;
    this.#untoldBytes = untoldBytes;
  }

  /** Bytes of the stream that were taken in; acknowledgements and incomplete headers do not count. */
  get receivedBytes(): number {
    return this.#receivedBytes;
  }

  /** Whether much has arrived that the other end was not told of. */
  get isDueToTell(): boolean {
    const mostBytes = this.#incoming ? MAX_UNTOLD_BYTES : this.#untoldBytes;
    return this.#receivedBytes - this.#toldBytes >= mostBytes;
  }

  /** The same, for the other end to be told. */
  tell(): number {
    this.#toldBytes = this.#receivedBytes;
    return this.#receivedBytes;
  }

  /** Where the next bytes belong. */
  place(): Uint8Array {
    const { bytes, filled } = this.#incoming ?? { bytes: this.#stash, filled: 0 };
    if (this.#frameLeft > 0) return bytes.subarray(filled, filled + this.#frameLeft);
    return this.#stashed === 0 ? this.#stash : this.#stash.subarray(this.#stashed);
  }

  /** So many bytes were put into the last `place()`. @throws FrameError when they are none of this protocol. */
  placed(length: number): void {
    if (this.#frameLeft > 0) this.#advance(length);
    else {
      this.#stashed += length;
      this.#parse();
    }
    this.#tell();
  }

  /** Takes in bytes that came another way. @throws FrameError when they are none of this protocol. */
  feed(bytes: Uint8Array): void {
    for (let offset = 0; offset < bytes.byteLength; ) {
      const place = this.place();
      const length = Math.min(place.byteLength, bytes.byteLength - offset);
      place.set(bytes.subarray(offset, offset + length));
      offset += length;
      this.placed(length);
    }
  }

  /** The link is broken: the header of which only a part came will come again, whole. */
  interrupt(): void {
    this.#stashed = 0;
  }

  #parse(): void {
    let offset = 0;
    while (this.#frameLeft === 0 && this.#stashed - offset >= HEADER_BYTES) {
      const header = readHeader(this.#stash, offset);
      offset += HEADER_BYTES;
      this.#open(header, header.payloadBytes);
      const here = Math.min(this.#frameLeft, this.#stashed - offset);
      if (here > 0) {
        this.#unstash(offset, here);
        offset += here;
        this.#advance(here);
      }
    }
    if (offset < this.#stashed) this.#stash.copyWithin(0, offset, this.#stashed);
    this.#stashed -= offset;
  }

  /** Puts what came with a header in its place. */
  #unstash(offset: number, length: number): void {
    const { bytes, filled } = this.#incoming ?? { bytes: this.#stash, filled: 0 };
    if (length > MAX_SINGLE_BYTES) bytes.set(this.#stash.subarray(offset, offset + length), filled);
    else for (let at = 0; at < length; at++) bytes[filled + at] = this.#stash[offset + at] ?? 0;
  }

  #open(header: FrameHeader, payloadBytes: number): void {
    switch (header.kind) {
      case frameKinds.acknowledge:
        this.#sink.acknowledged(header.sequence);
        return;
      case frameKinds.leave:
        this.#sink.left();
        return;
      case frameKinds.data:
      case frameKinds.cancel:
        break;
      default:
        throw new FrameError(`kind ${header.kind} does not travel over a direct link`);
    }
    if (header.sequence !== this.#sequence) {
      throw new FrameError(`frame ${header.sequence} of rank ${header.source} came where ${this.#sequence} was due`);
    }
    this.#sequence = (header.sequence + 1) % 2 ** 32;
    this.#receivedBytes += HEADER_BYTES;
    this.#sink.acknowledged(header.destination);
    if (header.kind === frameKinds.cancel) this.#forget();
    else this.#begin(header, payloadBytes);
  }

  #begin(header: FrameHeader, payloadBytes: number): void {
    const { communicator, tag, remaining } = header;
    this.#incoming ??= this.#newMessage(header, payloadBytes + remaining);
    const { header: first, bytes, filled } = this.#incoming;
    const continues = communicator === first.communicator && tag === first.tag;
    if (!continues || bytes.byteLength - filled - payloadBytes !== remaining) {
      throw new FrameError(`a chunk of rank ${header.source} does not continue the message it began`);
    }
    this.#frameLeft = payloadBytes;
    if (payloadBytes === 0) this.#advance(0);
  }

  #newMessage(header: FrameHeader, length: number): Incoming {
    const claim = length > 0 ? this.#sink.claim(header.communicator, header.tag, length) : undefined;
    const incoming: Incoming = { header, bytes: claim?.bytes ?? messageMemory.take(length), filled: 0, claim };
    if (claim) {
      claim.onRevoked = () => {
        incoming.bytes = Buffer.from(incoming.bytes);
        incoming.claim = undefined;
        this.#sink.stuck();
      };
    }
    return incoming;
  }

  #advance(length: number): void {
    const incoming = this.#incoming;
    if (!incoming) return;
    incoming.filled += length;
    this.#frameLeft -= length;
    this.#receivedBytes += length;
    if (incoming.filled < incoming.bytes.byteLength) return;
    this.#incoming = undefined;
    const { header, bytes, claim } = incoming;
    const { communicator, tag, datatype } = header;
    if (claim) claim.complete({ datatype, bytes });
    else if (!MessageMemory.lends(bytes)) this.#sink.message(communicator, tag, { datatype, bytes });
    else this.#sink.message(communicator, tag, { datatype, bytes, release: () => messageMemory.give(bytes) });
  }

  /** The sender gave its message up. */
  #forget(): void {
    this.#incoming?.claim?.release();
    this.#incoming = undefined;
  }

  #tell(): void {
    if (this.isDueToTell) this.#sink.received();
  }
}
