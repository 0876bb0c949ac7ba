import { type Frame, type FrameHeader, HEADER_BYTES, writeHeader } from './protocol.js';

/** Room before a frame for the header of a WebSocket frame, 14 bytes at most; a multiple of 16 aligns the payload. */
const HEADROOM_BYTES = 16;
/** Final fragment, binary (RFC 6455 section 5.2). */
const BINARY = 0x82;
const MASKED = 0x80;
const MASK_BYTES = 4;
/** Shorter frames cost less than keeping their memory. */
const MIN_LENT_BYTES = 65_536;

/** Memory for long frames that are made one after the other (`FrameMemory`). */
export interface FrameAllocator {
  allocate(bytes: number): Buffer;
  /** Nobody reads or writes this memory any more. */
  recycle(memory: Buffer): void;
}

/**
 * Header and payload side by side, with room before them for what WebSocket puts in front, so that a frame goes out, or
 * is passed on to many, in one write and without a copy.
 */
export class PackedFrame {
  readonly #memory: Buffer;
  readonly #lender: FrameAllocator | undefined;
  #holders = 0;

  private constructor(memory: Buffer, lender: FrameAllocator | undefined) {
    this.#memory = memory;
    this.#lender = lender;
  }

  /** A frame of which nothing is written yet. */
  static allocate(payloadBytes: number, lender?: FrameAllocator): PackedFrame {
    const bytes = HEADROOM_BYTES + HEADER_BYTES + payloadBytes;
    if (!lender || bytes < MIN_LENT_BYTES) return new PackedFrame(Buffer.allocUnsafe(bytes), undefined);
    return new PackedFrame(lender.allocate(bytes), lender);
  }

  /** Whether its memory is used again, so that it matters who holds it. */
  get isLent(): boolean {
    return this.#lender !== undefined;
  }

  /** Header and payload. */
  get bytes(): Buffer {
    return this.#memory.subarray(HEADROOM_BYTES);
  }

  get payload(): Buffer {
    return this.#memory.subarray(HEADROOM_BYTES + HEADER_BYTES);
  }

  /** Bytes of header and payload. */
  get length(): number {
    return this.#memory.length - HEADROOM_BYTES;
  }

  /** Somebody else needs the frame: a queue, or a write that is under way. */
  hold(): void {
    this.#holders += 1;
  }

  /** One of those who held it needs it no more. Its memory is used again when nobody does. */
  release(): void {
    this.#holders -= 1;
    if (this.#holders === 0) this.#lender?.recycle(this.#memory);
  }

  /** Takes header and payload, as far as they have come, from where they were read to. */
  begin(bytes: Buffer, at: number, end: number): void {
    bytes.copy(this.#memory, HEADROOM_BYTES, at, end);
  }

  /** Puts a header before the payload as it is. */
  setHeader(header: FrameHeader, epoch = header.epoch): void {
    writeHeader(this.#memory, HEADROOM_BYTES, header, this.length - HEADER_BYTES, epoch);
  }

  setPayload(payload: Uint8Array): void {
    this.#memory.set(payload, HEADROOM_BYTES + HEADER_BYTES);
  }

  /** Whether these are the bytes of its payload, in the same memory. */
  holds(bytes: Uint8Array): boolean {
    const { buffer, byteOffset, byteLength } = this.payload;
    return bytes.buffer === buffer && bytes.byteOffset === byteOffset && bytes.byteLength === byteLength;
  }

  /** The frame as one WebSocket message. Those of clients carry a mask; here it is zero, which changes no byte. */
  message(masked: boolean): Buffer {
    const { length } = this;
    const extended = length < 126 ? 0 : length < 65_536 ? 2 : 8;
    const start = HEADROOM_BYTES - 2 - extended - (masked ? MASK_BYTES : 0);
    const memory = this.#memory;
    memory[start] = BINARY;
    memory[start + 1] = (masked ? MASKED : 0) + (extended === 0 ? length : extended === 2 ? 126 : 127);
    if (extended === 2) memory.writeUInt16BE(length, start + 2);
    else if (extended === 8) {
      memory.writeUInt32BE(Math.floor(length / 2 ** 32), start + 2);
      memory.writeUInt32BE(length % 2 ** 32, start + 6);
    }
    if (masked) memory.writeUInt32LE(0, HEADROOM_BYTES - MASK_BYTES);
    return memory.subarray(start);
  }
}

/** A frame with a copy of its payload, ready to be sent. */
export function packFrame(frame: Frame, epoch = frame.epoch, memory?: FrameAllocator): PackedFrame {
  const { payload } = frame;
  const packed = PackedFrame.allocate(payload.byteLength, memory);
  packed.setHeader(frame, epoch);
  if (payload.byteLength > 0) packed.setPayload(payload);
  return packed;
}
