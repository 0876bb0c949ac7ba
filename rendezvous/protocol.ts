import { FrameError } from './errors.js';

/** Version of the frames; a frame of another version is refused. */
export const PROTOCOL_VERSION = 1;

/** Where a member's WebSocket begins. */
export const JOIN_PATH = '/v1/join';

/** Bytes before the payload of a frame. */
export const HEADER_BYTES = 32;

/** The rank that stands for the server itself, and the communicator that stands for the forming of the group. */
export const SERVER_RANK = 0xffff_ffff;
export const FORMATION = 0xffff_ffff;

/** What a frame is for. Kinds up to 15 travel between members, the others between a member and the server. */
export const frameKinds = {
  /** One chunk of a message; `remaining` bytes of the same message follow in the next chunks. */
  data: 1,
  /** The sender gave up the message that it had begun. */
  cancel: 2,
  /** On direct links: `sequence` bytes of the other direction have arrived, modulo 2^32. */
  acknowledge: 3,
  barrierEnter: 16,
  barrierDone: 17,
  /** Asks who has not yet entered a barrier, or not yet joined the group. */
  rollCall: 18,
  roll: 19,
  joined: 20,
  formed: 21,
  gone: 22,
  released: 23,
  heartbeat: 24,
  /** The member departs of its own will. */
  leave: 25,
  /** A member wants a direct link to another; the server passes it on as an invitation to offer the same. */
  introduce: 26,
  /** Tells both how to reach each other. */
  introduction: 27,
} as const;

export type FrameKind = (typeof frameKinds)[keyof typeof frameKinds];

/** The envelope of a payload. Every number is an unsigned integer of 32 bits unless it says otherwise. */
export interface FrameHeader {
  readonly kind: FrameKind;
  /** How the payload is to be read, 8 bits; the transport does not care. */
  readonly datatype: number;
  readonly communicator: number;
  readonly tag: number;
  /** Counts the frames from `source` to `destination`, from 0, modulo 2^32. */
  readonly sequence: number;
  readonly source: number;
  readonly destination: number;
  /** Bytes of the same message that follow in later frames. */
  readonly remaining: number;
}

export interface Frame extends FrameHeader {
  readonly payload: Uint8Array;
}

/** WebSocket close codes of this protocol (4000-4999 are for applications, RFC 6455 section 7.4.2). */
export const closeCodes = {
  normal: 1000,
  serverGoesAway: 1001,
  fenced: 4001,
  released: 4002,
  protocolBroken: 4003,
  silent: 4004,
  idle: 4005,
} as const;

const kinds: ReadonlySet<number> = new Set(Object.values(frameKinds));
const nothing = new Uint8Array(0);

/** A frame with the fields that a control message does not use set to 0. */
export function frame(fields: Partial<Frame> & Pick<Frame, 'kind'>): Frame {
  return {
    datatype: 0,
    communicator: 0,
    tag: 0,
    sequence: 0,
    source: SERVER_RANK,
    destination: SERVER_RANK,
    remaining: 0,
    payload: nothing,
    ...fields,
  };
}

/**
 * Header and payload in one new buffer, little-endian: version u8, kind u8, datatype u8, zero u8, then u32 each of
 * payload length, communicator, tag, sequence, source, destination, remaining.
 */
export function encodeFrame(frame: Frame): Buffer {
  const bytes = Buffer.allocUnsafe(HEADER_BYTES + frame.payload.byteLength);
  writeHeader(bytes, 0, frame, frame.payload.byteLength);
  bytes.set(frame.payload, HEADER_BYTES);
  return bytes;
}

/** Writes the header of a frame whose payload has `payloadBytes`. */
export function writeHeader(target: Buffer, offset: number, header: FrameHeader, payloadBytes: number): void {
  target[offset] = PROTOCOL_VERSION;
  target[offset + 1] = header.kind;
  target[offset + 2] = header.datatype;
  target[offset + 3] = 0;
  target.writeUInt32LE(payloadBytes, offset + 4);
  target.writeUInt32LE(header.communicator, offset + 8);
  target.writeUInt32LE(header.tag, offset + 12);
  target.writeUInt32LE(header.sequence, offset + 16);
  target.writeUInt32LE(header.source, offset + 20);
  target.writeUInt32LE(header.destination, offset + 24);
  target.writeUInt32LE(header.remaining, offset + 28);
}

/**
 * The header at `offset`, with the length of the payload that follows it.
 *
 * @throws FrameError when it is none of this version.
 */
export function readHeader(bytes: Buffer, offset: number): FrameHeader & { readonly payloadBytes: number } {
  if (bytes[offset] !== PROTOCOL_VERSION) throw new FrameError(`version ${bytes[offset]} is not ${PROTOCOL_VERSION}`);
  const kind = bytes[offset + 1];
  if (!isFrameKind(kind)) throw new FrameError(`kind ${kind} is unknown`);
  if (bytes[offset + 3] !== 0) throw new FrameError(`byte 3 is ${bytes[offset + 3]}, not 0`);
  return {
    kind,
    datatype: bytes[offset + 2] ?? 0,
    payloadBytes: bytes.readUInt32LE(offset + 4),
    communicator: bytes.readUInt32LE(offset + 8),
    tag: bytes.readUInt32LE(offset + 12),
    sequence: bytes.readUInt32LE(offset + 16),
    source: bytes.readUInt32LE(offset + 20),
    destination: bytes.readUInt32LE(offset + 24),
    remaining: bytes.readUInt32LE(offset + 28),
  };
}

/**
 * The frame that `bytes` hold; its payload is a view of them.
 *
 * @throws FrameError when they are not exactly one frame of this version within `maxFrameBytes`.
 */
export function decodeFrame(bytes: Buffer, maxFrameBytes: number): Frame {
  if (bytes.length < HEADER_BYTES) throw new FrameError(`it has ${bytes.length} bytes, a header has ${HEADER_BYTES}`);
  if (bytes.length > maxFrameBytes) throw new FrameError(`it has ${bytes.length} bytes, the limit is ${maxFrameBytes}`);
  const { payloadBytes, ...header } = readHeader(bytes, 0);
  if (payloadBytes !== bytes.length - HEADER_BYTES) {
    throw new FrameError(`it announces ${payloadBytes} bytes of payload and has ${bytes.length - HEADER_BYTES}`);
  }
  return { ...header, payload: bytes.subarray(HEADER_BYTES) };
}

function isFrameKind(kind: number | undefined): kind is FrameKind {
  return kind !== undefined && kinds.has(kind);
}
