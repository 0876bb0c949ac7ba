import type { WebSocket } from 'ws';
import { Heartbeat } from './heartbeat.js';
import type { Endpoint } from './introduction.js';
import type { RendezvousLimits } from './limits.js';
import type { RendezvousMetrics } from './metrics.js';
import { closeCodes, encodeFrame, frame, frameKinds } from './protocol.js';

/** Bookkeeping bytes that a queued frame costs beside its own, so that tiny frames cannot fill the memory. */
const FRAME_OVERHEAD_BYTES = 256;
const MAX_CLOSE_REASON_BYTES = 123;
const CLOSE_GRACE_MS = 1000;

const heartbeatFrame = encodeFrame(frame({ kind: frameKinds.heartbeat }));

/**
 * One admitted connection, seen from the server: its queue of outgoing frames, with back-pressure on those who fill
 * it, and its signs of life.
 */
export class Member {
  readonly rank: number;
  readonly generation: number;
  /** The address from which its connection comes, as seen here: behind a NAT, that of the NAT. */
  observed: Endpoint | undefined;
  /** Set once the member said that it departs of its own will. */
  leaving = false;
  readonly #socket: WebSocket;
  readonly #limits: RendezvousLimits;
  readonly #metrics: RendezvousMetrics;
  readonly #heartbeat: Heartbeat;
  /** Senders that are paused until this member has read enough. */
  readonly #paused = new Set<Member>();
  /** Receivers that this member is paused for. */
  readonly #pausedFor = new Set<Member>();
  #queuedBytes = 0;
  /** Whether the member has read something since the last beat. */
  #drained = false;
  #lastFrameMs: number;
  #closeCause: string | undefined;

  constructor(
    socket: WebSocket,
    identity: { rank: number; generation: number },
    limits: RendezvousLimits,
    metrics: RendezvousMetrics,
    nowMs: number,
  ) {
    this.#socket = socket;
    this.rank = identity.rank;
    this.generation = identity.generation;
    this.#limits = limits;
    this.#metrics = metrics;
    this.#heartbeat = new Heartbeat(limits.heartbeatMisses);
    this.#lastFrameMs = nowMs;
  }

  /** Bytes that wait to be read by this member. */
  get queuedBytes(): number {
    return this.#queuedBytes;
  }

  /** Why this end closed the connection, if it did. */
  get closeCause(): string | undefined {
    return this.#closeCause;
  }

  /** Sends a frame. When too much waits already, `sender` is paused until this member has read half of it. */
  deliver(bytes: Buffer, sender?: Member): void {
    if (this.#closeCause !== undefined || this.#socket.readyState !== this.#socket.OPEN) return;
    const cost = bytes.length + FRAME_OVERHEAD_BYTES;
    this.#queuedBytes += cost;
    this.#socket.send(bytes, { binary: true }, () => {
      this.#queuedBytes -= cost;
      this.#drained = true;
      if (this.#queuedBytes <= this.#limits.maxQueuedBytes / 2) this.#resumeSenders();
    });
    if (sender && this.#queuedBytes > this.#limits.maxQueuedBytes) this.#pause(sender);
  }

  /** A frame has come from this member. Its idle time ends only by one that is more than a sign of life. */
  heard(nowMs: number, isHeartbeat: boolean): void {
    this.#heartbeat.heard();
    if (!isHeartbeat) this.#lastFrameMs = nowMs;
  }

  /** Sends a heartbeat and closes the connection of a member that has been silent or idle for too long. */
  beat(nowMs: number): void {
    const { heartbeatIntervalMs, heartbeatMisses, idleTimeoutMs } = this.#limits;
    // While it is paused its frames are not read, so its silence proves nothing; that it reads is its sign of life.
    if (this.#pausedFor.size > 0 && (this.#drained || this.#queuedBytes === 0)) this.#heartbeat.heard();
    this.#drained = false;
    if (this.#heartbeat.isSilent()) {
      this.close(closeCodes.silent, `no sign of life for ${heartbeatIntervalMs * heartbeatMisses} ms`);
      this.#socket.terminate();
    } else if (nowMs - this.#lastFrameMs > idleTimeoutMs) {
      this.close(closeCodes.idle, `idle for ${idleTimeoutMs} ms`);
    } else {
      this.deliver(heartbeatFrame);
    }
  }

  /** Closes the connection with a stated code and reason, by force if the member does not answer within a second. */
  close(code: number, reason: string): void {
    if (this.#closeCause !== undefined) return;
    this.#closeCause = reason;
    this.detach();
    // A decoder that expects more leaves out a character that was cut in two.
    const cut = Buffer.from(reason).subarray(0, MAX_CLOSE_REASON_BYTES);
    this.#socket.close(code, new TextDecoder().decode(cut, { stream: true }));
    const force = setTimeout(() => this.#socket.terminate(), CLOSE_GRACE_MS);
    this.#socket.once('close', () => clearTimeout(force));
  }

  terminate(): void {
    this.#socket.terminate();
  }

  /** Frees everyone whom this member holds up, and this member from those who hold it up. */
  detach(): void {
    this.#resumeSenders();
    for (const receiver of this.#pausedFor) receiver.#paused.delete(this);
    this.#pausedFor.clear();
    this.#socket.resume();
  }

  #pause(sender: Member): void {
    if (this.#paused.has(sender)) return;
    this.#paused.add(sender);
    sender.#pausedFor.add(this);
    sender.#socket.pause();
    this.#metrics.pauses.inc();
  }

  #resumeSenders(): void {
    for (const sender of this.#paused) {
      sender.#pausedFor.delete(this);
      sender.#heartbeat.heard();
      if (sender.#pausedFor.size === 0) sender.#socket.resume();
    }
    this.#paused.clear();
  }
}
