import { FrameError } from './errors.js';
import { unmask } from './masking.js';
import { type FrameAllocator, PackedFrame } from './packedFrame.js';
import { type Frame, type FrameHeader, HEADER_BYTES, readHeader } from './protocol.js';

/** The longest header of a WebSocket frame (RFC 6455 section 5.2). */
const MAX_HEAD_BYTES = 14;
/** Where bytes are read to when nobody knows yet what they are; consumed before the next read, so one is enough. */
const scratch = Buffer.allocUnsafeSlow(16_384);
/** The rest of a payload is read straight to its place when it is at least as long. */
const DIRECT_BYTES = 8192;
const BINARY = 0x82;
const CLOSE = 0x88;
const nothing = Buffer.alloc(0);

/** Hears what a stream of WebSocket frames brings, in its order. */
export interface CutterSink {
  /** Largest frame, with its header, that is accepted at present. */
  readonly maxFrameBytes: number;
  /** Where the memory of whole frames comes from. */
  readonly memory: FrameAllocator | undefined;
  /** Memory of this length for the payload of the frame that begins; any other to have it beside its header. */
  place(header: FrameHeader, payloadBytes: number): Uint8Array | undefined;
  /** A frame, packed unless its payload was put elsewhere. Its memory belongs to whoever hears of it. */
  frame(frame: Frame, packed: PackedFrame | undefined): void;
  /** Bytes of a WebSocket frame that is not a whole binary message within the limit. */
  other(bytes: Buffer): void;
}

/** The frame whose payload is coming. */
interface Incoming {
  readonly header: FrameHeader;
  readonly packed: PackedFrame | undefined;
  readonly payload: Uint8Array;
  /** The four bytes of the mask as one number, little-endian; 0 changes nothing. */
  readonly mask: number;
}

/**
 * Takes a stream of WebSocket frames apart: whole binary messages, which are our frames, go to where they belong with
 * at most one copy; everything else (closing, pings, fragments, nonsense) is left to the WebSocket library.
 */
export class MessageCutter {
  readonly #sink: CutterSink;
  readonly #isMasked: boolean;
  /** The head of a WebSocket frame and behind it the header of ours, as far as they have come. */
  readonly #stash = Buffer.allocUnsafe(MAX_HEAD_BYTES + HEADER_BYTES);
  #stashed = 0;
  #needed = 2;
  #headBytes = 0;
  #incoming: Incoming | undefined;
  /** Bytes of the present payload, or of another WebSocket frame, that have not come. */
  #left = 0;
  #isClosing = false;
  #over = false;
  /** The memory that the socket was given for its next read. */
  #offered: Uint8Array = scratch;

  /** @param isMasked whether the other end is a client. */
  constructor(sink: CutterSink, isMasked: boolean) {
    this.#sink = sink;
    this.#isMasked = isMasked;
  }

  /** Where the next bytes are to be put. */
  place(): Uint8Array {
    const incoming = this.#over ? undefined : this.#incoming;
    const isDirect = incoming !== undefined && this.#left >= DIRECT_BYTES;
    this.#offered = isDirect ? incoming.payload.subarray(incoming.payload.byteLength - this.#left) : scratch;
    return this.#offered;
  }

  /** So many bytes were put into the last `place()`. @throws FrameError when they break the protocol. */
  placed(length: number): void {
    if (this.#offered === scratch) this.feed(scratch.subarray(0, length));
    else if (!this.#over) this.#filled(length);
  }

  /** Takes in bytes that are somewhere else. @throws FrameError when they break the protocol. */
  feed(bytes: Buffer): void {
    for (let at = 0; at < bytes.length && !this.#over; ) at += this.#take(bytes, at);
  }

  /** Nothing that still comes is looked at. */
  stop(): void {
    this.#over = true;
  }

  #take(bytes: Buffer, at: number): number {
    const isOpen = this.#left > 0;
    const length = Math.min(isOpen ? this.#left : this.#needed - this.#stashed, bytes.length - at);
    const part = bytes.subarray(at, at + length);
    if (!isOpen) {
      this.#stash.set(part, this.#stashed);
      this.#stashed += length;
      if (this.#stashed === this.#needed) this.#understand();
    } else if (this.#incoming) {
      const { payload } = this.#incoming;
      payload.set(part, payload.byteLength - this.#left);
      this.#filled(length);
    } else {
      // The library may keep what it is given.
      this.#sink.other(Buffer.from(part));
      this.#skipped(length);
    }
    return length;
  }

  /** As much of the headers is here as was needed to know how long they are. */
  #understand(): void {
    const [first = 0, second = 0] = this.#stash;
    const short = second & 0x7f;
    const extended = short === 126 ? 2 : short === 127 ? 8 : 0;
    const isMasked = second >= 0x80;
    this.#headBytes = 2 + extended + (isMasked ? 4 : 0);
    if (this.#stashed < this.#headBytes) {
      this.#needed = this.#headBytes;
      return;
    }
    const length = extended === 0 ? short : Number(this.#longLength(extended));
    const isFrame = first === BINARY && isMasked === this.#isMasked && length <= this.#sink.maxFrameBytes;
    if (!isFrame) this.#leave(first, length);
    else if (length < HEADER_BYTES) throw new FrameError(`it has ${length} bytes, a header has ${HEADER_BYTES}`);
    else if (this.#stashed < this.#headBytes + HEADER_BYTES) this.#needed = this.#headBytes + HEADER_BYTES;
    else this.#open(length - HEADER_BYTES);
  }

  #longLength(extended: number): bigint | number {
    return extended === 2 ? this.#stash.readUInt16BE(2) : this.#stash.readBigUInt64BE(2);
  }

  /** Leaves a WebSocket frame to the library. */
  #leave(first: number, length: number): void {
    this.#isClosing = first === CLOSE;
    const head = Buffer.from(this.#stash.subarray(0, this.#headBytes));
    this.#left = length;
    this.#restart();
    this.#sink.other(head);
    this.#skipped(0);
  }

  #skipped(length: number): void {
    this.#left -= length;
    // Nothing counts behind a closing frame.
    if (this.#left === 0 && this.#isClosing) this.#over = true;
  }

  #open(payloadBytes: number): void {
    const header = this.#stash.subarray(this.#headBytes, this.#headBytes + HEADER_BYTES);
    const mask = this.#isMasked ? this.#stash.readInt32LE(this.#headBytes - 4) : 0;
    if (mask !== 0) unmask(header, mask);
    const { payloadBytes: announced, ...fields } = readHeader(header, 0);
    if (announced !== payloadBytes) {
      throw new FrameError(`it announces ${announced} bytes of payload and has ${payloadBytes}`);
    }
    const offered = payloadBytes > 0 ? this.#sink.place(fields, payloadBytes) : undefined;
    const elsewhere = offered?.byteLength === payloadBytes ? offered : undefined;
    const packed = elsewhere ? undefined : PackedFrame.allocate(payloadBytes, this.#sink.memory);
    packed?.bytes.set(header);
    this.#incoming = { header: fields, packed, payload: elsewhere ?? packed?.payload ?? nothing, mask };
    this.#left = payloadBytes;
    this.#restart();
    this.#filled(0);
  }

  #restart(): void {
    this.#stashed = 0;
    this.#needed = 2;
  }

  #filled(length: number): void {
    this.#left -= length;
    const incoming = this.#incoming;
    if (this.#left > 0 || !incoming) return;
    this.#incoming = undefined;
    const { header, payload, packed, mask } = incoming;
    if (mask !== 0) unmask(Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength), mask);
    this.#sink.frame({ ...header, payload }, packed);
  }
}
