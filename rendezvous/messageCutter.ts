import { FrameError } from './errors.js';
import { unmask } from './masking.js';
import { type FrameAllocator, PackedFrame } from './packedFrame.js';
import { type ComingFrame, type Frame, type FrameHeader, HEADER_BYTES, readHeader } from './protocol.js';

/** The longest header of a WebSocket frame (RFC 6455 section 5.2), and the shortest. */
const MAX_HEAD_BYTES = 14;
const MIN_HEAD_BYTES = 2;
/** Where bytes are read to when nobody knows yet what they are; consumed before the next read, so one is enough. */
const scratch = Buffer.allocUnsafeSlow(16_384);
/** The rest of a payload is read straight to its place when it is at least as long. */
const DIRECT_BYTES = 8192;
const BINARY = 0x82;
const CLOSE = 0x88;

/** Hears what a stream of WebSocket frames brings, in its order. */
export interface CutterSink {
  /** Largest frame, with its header, that is accepted at present. */
  readonly maxFrameBytes: number;
  /** Present where frames are wanted whole, in one piece of this memory, as they are passed on. */
  readonly memory?: FrameAllocator;
  /** Memory of this length for the payload of the frame that begins; any other to have it allocated. */
  place?(header: FrameHeader, payloadBytes: number): Uint8Array | undefined;
  /** A frame, and the same in one piece where `memory` is and `place` was not. Its memory belongs to whoever hears it. */
  frame(frame: Frame, packed: PackedFrame | undefined): void;
}

/**
 * Takes a stream of WebSocket frames apart: whole binary messages, which are our frames, go to where they belong with
 * at most one copy; everything else (closing, pings, fragments, nonsense) is left to the WebSocket library.
 */
export class MessageCutter {
  readonly #sink: CutterSink;
  readonly #isMasked: boolean;
  readonly #other: (bytes: Buffer) => void;
  /** The head of a WebSocket frame and behind it the header of ours, where they do not come in one piece. */
  readonly #stash = Buffer.allocUnsafe(MAX_HEAD_BYTES + HEADER_BYTES);
  #stashed = 0;
  /** How much from the beginning of a WebSocket frame is needed to know more about it. */
  #needed = MIN_HEAD_BYTES;
  /** The frame whose payload is coming, and the same in one piece. */
  #frame: ComingFrame | undefined;
  #packed: PackedFrame | undefined;
  /** The four bytes of its mask as one number, little-endian; 0 changes nothing. */
  #mask = 0;
  /** Bytes of its payload, or of another WebSocket frame, that have not come. */
  #left = 0;
  #isClosing = false;
  #over = false;
  /** Whether the socket was given the place of a payload for its next read. */
  #isInPlace = false;
  /** How much is read at once while nobody knows what comes: behind a long frame no more than the heads of another. */
  #scratchBytes = scratch.length;

  /**
   * @param isMasked whether the other end is a client.
   * @param other hears the bytes of every WebSocket frame that is not a whole binary message within the limit.
   */
  constructor(sink: CutterSink, isMasked: boolean, other: (bytes: Buffer) => void) {
    this.#sink = sink;
    this.#isMasked = isMasked;
    this.#other = other;
  }

  /** Where the next bytes are to be put. */
  place(): Uint8Array {
    const frame = this.#left >= DIRECT_BYTES && !this.#over ? this.#frame : undefined;
    this.#isInPlace = frame !== undefined;
    if (frame) return frame.payload.subarray(frame.payloadBytes - this.#left);
    return this.#scratchBytes === scratch.length ? scratch : scratch.subarray(0, this.#scratchBytes);
  }

  /** So many bytes were put into the last `place()`. @throws FrameError when they break the protocol. */
  placed(length: number): void {
    if (!this.#isInPlace) this.#feed(scratch, length);
    else if (!this.#over) this.#filled(length);
  }

  /** Takes in bytes that are somewhere else, and may change them. @throws FrameError when they break the protocol. */
  feed(bytes: Buffer): void {
    this.#feed(bytes, bytes.length);
  }

  /** Nothing that still comes is looked at. */
  stop(): void {
    this.#over = true;
  }

  #feed(bytes: Buffer, end: number): void {
    for (let at = 0; at < end && !this.#over; ) {
      at = this.#left > 0 ? this.#continue(bytes, at, end) : this.#begin(bytes, at, end);
    }
  }

  /** Takes in more of what has begun. Returns where it ends. */
  #continue(bytes: Buffer, at: number, end: number): number {
    const length = Math.min(this.#left, end - at);
    const part = bytes.subarray(at, at + length);
    if (this.#frame) {
      this.#frame.payload.set(part, this.#frame.payloadBytes - this.#left);
      this.#filled(length);
    } else {
      // The library may keep what it is given.
      this.#other(Buffer.from(part));
      this.#skipped(length);
    }
    return at + length;
  }

  /** Takes in a WebSocket frame from its beginning, as far as it is here. Returns where that ends. */
  #begin(bytes: Buffer, at: number, end: number): number {
    if (this.#stashed === 0) {
      const understood = this.#understand(bytes, at, end);
      if (understood > at) return understood;
    }
    const length = Math.min(this.#needed - this.#stashed, end - at);
    bytes.copy(this.#stash, this.#stashed, at, at + length);
    this.#stashed += length;
    if (this.#stashed === this.#needed && this.#understand(this.#stash, 0, this.#stashed) > 0) this.#stashed = 0;
    return at + length;
  }

  /** Returns where that ends of which it has made something; `at` while more is needed. */
  #understand(bytes: Buffer, at: number, end: number): number {
    if (end - at < MIN_HEAD_BYTES) return this.#need(MIN_HEAD_BYTES, at);
    const second = bytes[at + 1] ?? 0;
    const short = second & 0x7f;
    const extended = short < 126 ? 0 : short === 126 ? 2 : 8;
    const isMasked = second >= 0x80;
    const header = at + MIN_HEAD_BYTES + extended + (isMasked ? 4 : 0);
    if (end < header) return this.#need(header - at, at);
    const length = extended === 0 ? short : longLength(bytes, at + MIN_HEAD_BYTES, extended);
    const isFrame = bytes[at] === BINARY && isMasked === this.#isMasked && length <= this.#sink.maxFrameBytes;
    if (!isFrame) {
      this.#leave(bytes.subarray(at, header), length);
      return header;
    }
    if (length < HEADER_BYTES) throw new FrameError(`it has ${length} bytes, a header has ${HEADER_BYTES}`);
    const payload = header + HEADER_BYTES;
    this.#scratchBytes = length > scratch.length ? payload - at : scratch.length;
    return end < payload ? this.#need(payload - at, at) : this.#open(bytes, header, end, length - HEADER_BYTES);
  }

  #need(bytes: number, at: number): number {
    this.#needed = bytes;
    return at;
  }

  /** Leaves a WebSocket frame to the library. */
  #leave(head: Buffer, length: number): void {
    this.#isClosing = head[0] === CLOSE;
    this.#left = length;
    this.#other(Buffer.from(head));
    this.#skipped(0);
  }

  #skipped(length: number): void {
    this.#left -= length;
    // Nothing counts behind a closing frame.
    if (this.#left === 0 && this.#isClosing) this.#over = true;
  }

  /** One of our frames begins at `at`; as much of its payload as is here is taken along. */
  #open(bytes: Buffer, at: number, end: number, payloadBytes: number): number {
    const payload = at + HEADER_BYTES;
    this.#mask = this.#isMasked ? bytes.readInt32LE(at - 4) : 0;
    if (this.#mask !== 0) unmask(bytes.subarray(at, payload), this.#mask);
    const frame = readHeader(bytes, at);
    if (frame.payloadBytes !== payloadBytes) {
      throw new FrameError(`it announces ${frame.payloadBytes} bytes of payload and has ${payloadBytes}`);
    }
    const here = Math.min(payloadBytes, end - payload);
    const offered = payloadBytes > 0 ? this.#sink.place?.(frame, payloadBytes) : undefined;
    if (offered?.byteLength === payloadBytes) frame.payload = offered;
    else if (this.#sink.memory) {
      this.#packed = PackedFrame.allocate(payloadBytes, this.#sink.memory);
      this.#packed.begin(bytes, at, payload + here);
      frame.payload = this.#packed.payload;
    } else if (payloadBytes > 0) frame.payload = Buffer.allocUnsafe(payloadBytes);
    if (here > 0 && !this.#packed) frame.payload.set(bytes.subarray(payload, payload + here));
    this.#frame = frame;
    this.#left = payloadBytes;
    this.#filled(here);
    return payload + here;
  }

  #filled(length: number): void {
    this.#left -= length;
    const frame = this.#frame;
    if (this.#left > 0 || !frame) return;
    const packed = this.#packed;
    this.#frame = undefined;
    this.#packed = undefined;
    const { payload } = frame;
    if (this.#mask !== 0) unmask(Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength), this.#mask);
    this.#sink.frame(frame, packed);
  }
}

function longLength(bytes: Buffer, at: number, extended: number): number {
  return extended === 2 ? bytes.readUInt16BE(at) : Number(bytes.readBigUInt64BE(at));
}
