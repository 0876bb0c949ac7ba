import { FrameError } from './errors.js';

/** Version of the frames; a frame of another version is refused. */
export const PROTOCOL_VERSION = 1;

/** Where a member's WebSocket begins. */
export const JOIN_PATH = '/v1/join';

/** Headers of the request that begins a WebSocket, beside the bearer token. */
export const joinHeaders = {
  /** What the group does when it loses a rank: `abort` when absent. */
  failurePolicy: 'muster-failure-policy',
  /** Session to go on with, and how many counted frames of it this end has received. */
  session: 'muster-session',
  received: 'muster-received',
} as const;

/** What a group does when it loses a rank. */
export const failurePolicies = ['abort', 'wait', 'shrink'] as const;
export type FailurePolicy = (typeof failurePolicies)[number];

/** Bytes before the payload of a frame. */
export const HEADER_BYTES = 32;

/** The rank that stands for the server itself, and the communicator that stands for the forming of the group. */
export const SERVER_RANK = 0xffff_ffff;
export const FORMATION = 0xffff_ffff;

/** The communicator of the barriers by which a group agrees that a collective is complete at every rank. */
export const COMMIT = 0xffff_fffe;

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
  /** How many frames of the other end have come and need not be kept by it any more. */
  ack: 28,
  /** The first frame after a dropped connection was replaced: from where each end goes on. */
  resumed: 29,
  /** One chunk of what a rank brings to a reduction that the server carries out. */
  reduceEnter: 30,
  /** One chunk of the result of such a reduction. */
  reduceDone: 31,
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
  /** Which membership of the group it belongs to, 8 bits: counts up modulo 256 whenever the group forms anew. */
  readonly epoch: number;
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

/** Frames of one connection only: they are not counted, and not sent again over the one that replaces it. */
const connectionKinds: ReadonlySet<FrameKind> = new Set([
  frameKinds.heartbeat,
  frameKinds.ack,
  frameKinds.joined,
  frameKinds.resumed,
]);

/** Whether a frame counts among those that are kept until the other end has acknowledged them. */
export function isCounted(kind: FrameKind): boolean {
  return !connectionKinds.has(kind);
}

/** A heartbeat or an acknowledgement; both say how many counted frames have come (sequence and tag, low word first). */
export function countFrame(kind: typeof frameKinds.ack | typeof frameKinds.heartbeat, received: number): Frame {
  return frame({ kind, sequence: received % 2 ** 32, tag: Math.floor(received / 2 ** 32) });
}

/** The count that `countFrame` was given. */
export function countIn({ sequence, tag }: FrameHeader): number {
  return tag * 2 ** 32 + sequence;
}

/** By number: 1 for those that there are. */
const kinds = new Uint8Array(256);
for (const kind of Object.values(frameKinds)) kinds[kind] = 1;
const nothing = new Uint8Array(0);

/** A frame with the fields that a control message does not use set to 0. */
export function frame(fields: Partial<Frame> & Pick<Frame, 'kind'>): Frame {
  // Every frame is made with the same fields in the same order, which is what makes them quick to read.
  const { kind, datatype = 0, epoch = 0, communicator = 0, tag = 0, sequence = 0 } = fields;
  const { source = SERVER_RANK, destination = SERVER_RANK, remaining = 0, payload = nothing } = fields;
  return { kind, datatype, epoch, communicator, tag, sequence, source, destination, remaining, payload };
}

/**
 * Header and payload in one new buffer, little-endian: version u8, kind u8, datatype u8, epoch u8, then u32 each of
 * payload length, communicator, tag, sequence, source, destination, remaining.
 */
export function encodeFrame(frame: Frame): Buffer {
  const bytes = Buffer.allocUnsafe(HEADER_BYTES + frame.payload.byteLength);
  writeHeader(bytes, 0, frame, frame.payload.byteLength);
  bytes.set(frame.payload, HEADER_BYTES);
  return bytes;
}

/** Writes the header of a frame whose payload has `payloadBytes`. */
export function writeHeader(
  target: Buffer,
  offset: number,
  header: FrameHeader,
  payloadBytes: number,
  epoch = header.epoch,
): void {
  target[offset] = PROTOCOL_VERSION;
  target[offset + 1] = header.kind;
  target[offset + 2] = header.datatype;
  target[offset + 3] = epoch;
  target.writeUInt32LE(payloadBytes, offset + 4);
  target.writeUInt32LE(header.communicator, offset + 8);
  target.writeUInt32LE(header.tag, offset + 12);
  target.writeUInt32LE(header.sequence, offset + 16);
  target.writeUInt32LE(header.source, offset + 20);
  target.writeUInt32LE(header.destination, offset + 24);
  target.writeUInt32LE(header.remaining, offset + 28);
}

/** A frame of which only the header has come. */
export interface ComingFrame extends FrameHeader {
  readonly payloadBytes: number;
  payload: Uint8Array;
}

/**
 * The frame whose header is at `offset`, still without its payload.
 *
 * @throws FrameError when it is none of this version.
 */
export function readHeader(bytes: Buffer, offset: number): ComingFrame {
  if (bytes[offset] !== PROTOCOL_VERSION) throw new FrameError(`version ${bytes[offset]} is not ${PROTOCOL_VERSION}`);
  const kind = bytes[offset + 1];
  if (!isFrameKind(kind)) throw new FrameError(`kind ${kind} is unknown`);
  return {
    kind,
    datatype: bytes[offset + 2] ?? 0,
    epoch: bytes[offset + 3] ?? 0,
    payloadBytes: bytes.readUInt32LE(offset + 4),
    communicator: bytes.readUInt32LE(offset + 8),
    tag: bytes.readUInt32LE(offset + 12),
    sequence: bytes.readUInt32LE(offset + 16),
    source: bytes.readUInt32LE(offset + 20),
    destination: bytes.readUInt32LE(offset + 24),
    remaining: bytes.readUInt32LE(offset + 28),
    payload: nothing,
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
  return kind !== undefined && kinds[kind] === 1;
}
