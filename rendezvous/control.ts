import { z } from 'zod';
import { FrameError } from './errors.js';
import { type PackedFrame, packFrame } from './packedFrame.js';
import { type Frame, type FrameKind, frame, SERVER_RANK } from './protocol.js';

/** Why a rank takes no part any more. */
const peerGoneSchema = z.object({
  rank: z.int().min(0),
  /** `null` for a rank that never joined. */
  generation: z.int().min(0).nullable(),
  /** `lost`: it broke off; `released`: the run gave it up; `left`: it closed its communicator in good order. */
  how: z.enum(['lost', 'released', 'left']),
  cause: z.string(),
});
export type PeerGone = z.infer<typeof peerGoneSchema>;

export const goneSchema = z.array(peerGoneSchema);

export const joinedSchema = z.object({
  heartbeatIntervalMs: z.int().min(1),
  /** Heartbeats of the server in a row that a member may miss. */
  heartbeatMisses: z.int().min(1),
  maxFrameBytes: z.int().min(1),
  /** Bytes that a member may have sent without an acknowledgement. */
  windowBytes: z.int().min(1),
  /** Whether the server carries out reductions. */
  reduces: z.boolean(),
  /** Names this membership when a dropped connection is replaced. */
  session: z.string().min(1).max(64),
  /** Time for which it is worth trying to replace a dropped connection; 0 where that is not allowed. */
  rejoinTimeoutMs: z.int().min(0),
  /** A second port at which the server tells whoever connects from where it was reached. */
  observerPort: z.int().min(1).max(65_535).optional(),
});
export type Joined = z.infer<typeof joinedSchema>;

export const resumedSchema = z.object({
  /** Counted frames of the member that the server has received. */
  received: z.int().min(0),
  /** Those of them that it has acknowledged. */
  acknowledged: z.int().min(0),
});
export type Resumed = z.infer<typeof resumedSchema>;

/** A membership of the group that every member of it knows alike. */
export const formedSchema = z.object({
  /** 0 when the group forms for the first time; one more each time that it forms anew. */
  epoch: z.int().min(0),
  /** Ranks that take part, as ranges. */
  ranks: z.array(z.tuple([z.int().min(0), z.int().min(0)]).readonly()),
  /** Collectives that are complete at every rank (known with the policies `wait` and `shrink`). */
  completed: z.int().min(0),
});
export type Formed = z.infer<typeof formedSchema>;

export const rollSchema = z.object({ missing: z.array(z.tuple([z.int(), z.int()]).readonly()) });
export const releasedSchema = z.object({ cause: z.string() });

/** Body of an answer that refuses an upgrade or a release. */
export const refusalSchema = z.object({
  reason: z.string(),
  message: z.string(),
  /** Why the group or the rank was released. */
  cause: z.string().optional(),
  /** What broke the group. */
  gone: goneSchema.optional(),
});
export type Refusal = z.infer<typeof refusalSchema> & { status: number };

/** A frame of the server whose payload is JSON, ready to be sent. */
export function encodeControl(kind: FrameKind, content: unknown, envelope: Partial<Frame> = {}): PackedFrame {
  const payload = Buffer.from(JSON.stringify(content));
  return packFrame(frame({ kind, source: SERVER_RANK, ...envelope, payload }));
}

/** @throws FrameError when the payload is not what the schema says. */
export function decodeControl<T>(schema: z.ZodType<T>, frame: Frame): T {
  let content: unknown;
  try {
    content = JSON.parse(Buffer.from(frame.payload).toString());
  } catch {
    throw new FrameError(`the payload of a frame of kind ${frame.kind} is not JSON`);
  }
  const parsed = schema.safeParse(content);
  if (!parsed.success) throw new FrameError(`the payload of a frame of kind ${frame.kind} has other fields`);
  return parsed.data;
}
