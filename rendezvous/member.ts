import { randomBytes } from 'node:crypto';
import type { WebSocket } from 'ws';
import { encodeControl, type Joined, type Resumed } from './control.js';
import { FrameError } from './errors.js';
import { Heartbeat } from './heartbeat.js';
import { type HeartbeatTerms, heartbeatTerms } from './heartbeatTerms.js';
import type { Endpoint } from './introduction.js';
import type { RendezvousLimits } from './limits.js';
import type { RendezvousMetrics } from './metrics.js';
import { closeCodes, encodeCount, type Frame, frameKinds, isCounted } from './protocol.js';
import { type QueueBudget, windowBytes } from './queueBudget.js';
import { costOf, ReplayBuffer } from './replayBuffer.js';

const SESSION_BYTES = 16;
const MAX_CLOSE_REASON_BYTES = 123;
const CLOSE_GRACE_MS = 1000;

/** Counted frames from the beginning of a session, and what they cost. */
interface Progress {
  readonly frames: number;
  readonly bytes: number;
}

/** What a member's place on the server rests on. */
export interface MemberContext {
  readonly limits: RendezvousLimits;
  readonly metrics: RendezvousMetrics;
  readonly budget: QueueBudget;
}

/**
 * One admitted rank, seen from the server: the connection it has at present, the frames it has not acknowledged (which
 * outlive a dropped connection), back-pressure on those who send to it, and its signs of life.
 *
 * Back-pressure works by acknowledgements: as long as too much waits for the receiver of a frame, the frame is not
 * acknowledged to its sender, who stops when its window is full. The server goes on reading from the sender, so that
 * two members that send to each other cannot lock each other up.
 */
export class Member {
  readonly rank: number;
  readonly generation: number;
  readonly session = randomBytes(SESSION_BYTES).toString('hex');
  /** The address from which its connection comes, as seen here: behind a NAT, that of the NAT. */
  observed: Endpoint | undefined;
  /** Set once the member said that it departs of its own will. */
  leaving = false;
  /** Whether it was told of the membership that the group has at present. */
  formed = false;
  readonly #context: MemberContext;
  readonly #windowBytes: number;
  readonly #terms: HeartbeatTerms;
  readonly #heartbeat: Heartbeat;
  readonly #outgoing = new ReplayBuffer();
  /** Counted frames that the operating system has taken. */
  #written = 0;
  /** Counted frames that have come from this member, and how many of them it was told. */
  #received: Progress = { frames: 0, bytes: 0 };
  #acknowledged: Progress = { frames: 0, bytes: 0 };
  /** What may be acknowledged at most, by the receiver that has too much waiting already. */
  readonly #heldBackBy = new Map<Member, Progress>();
  readonly #holdsBack = new Set<Member>();
  /** Why nothing is read from this member at present: the server's memory is used up, or it ignores its window. */
  readonly #unread = new Set<'budget' | 'window'>();
  #socket: WebSocket | undefined;
  /** Whether the member has read something since the last beat. */
  #drained = false;
  #lastFrameMs: number;
  #closeCause: string | undefined;
  #detached = false;

  constructor(
    socket: WebSocket,
    identity: { rank: number; generation: number; worldSize: number },
    context: MemberContext,
    nowMs: number,
  ) {
    this.#socket = socket;
    this.rank = identity.rank;
    this.generation = identity.generation;
    this.#context = context;
    this.#windowBytes = windowBytes(context.limits, identity.worldSize);
    this.#terms = heartbeatTerms(context.limits, identity.worldSize);
    this.#heartbeat = new Heartbeat(this.#terms.misses);
    this.#lastFrameMs = nowMs;
  }

  /** Bytes that this member has not acknowledged. */
  get queuedBytes(): number {
    return this.#outgoing.costBytes;
  }

  /** Why this end closed the connection, if it did. */
  get closeCause(): string | undefined {
    return this.#closeCause;
  }

  /** Whether what it sends counts no more. */
  get isOver(): boolean {
    return this.#detached || this.#closeCause !== undefined;
  }

  /** Whether this is the connection that the member has at present. */
  uses(socket: WebSocket): boolean {
    return socket === this.#socket;
  }

  /** Tells the member the terms of its membership. */
  greet(observerPort: number, reduces: boolean): void {
    const { maxFrameBytes, rejoinGraceMs } = this.#context.limits;
    const { intervalMs, misses, serverMisses } = this.#terms;
    const untilFoundMs = intervalMs * Math.max(1, misses - serverMisses);
    const joined: Joined = {
      heartbeatIntervalMs: intervalMs,
      heartbeatMisses: serverMisses,
      maxFrameBytes,
      windowBytes: this.#windowBytes,
      reduces,
      session: this.session,
      rejoinTimeoutMs: rejoinGraceMs === 0 ? 0 : rejoinGraceMs + untilFoundMs,
      observerPort,
    };
    this.#send(encodeControl(frameKinds.joined, joined));
  }

  /** Sends a counted frame. When too much waits already, `sender` gets no acknowledgements until half of it is read. */
  deliver(bytes: Buffer, sender?: Member): void {
    if (this.isOver) return;
    this.#outgoing.append(bytes);
    this.#context.budget.take(costOf(bytes));
    this.#sendCounted(bytes, this.#outgoing.sent);
    if (!sender) return;
    if (this.#outgoing.costBytes > this.#context.limits.maxQueuedBytes) sender.#holdBack(this);
    this.#context.budget.parkIfFull(sender);
  }

  /** A frame has come from this member. Its idle time ends only by one that is more than a sign of life. */
  heard({ kind }: Frame, bytes: Buffer, nowMs: number): void {
    this.#heartbeat.heard();
    if (!isCounted(kind)) return;
    this.#lastFrameMs = nowMs;
    this.#received = { frames: this.#received.frames + 1, bytes: this.#received.bytes + costOf(bytes) };
  }

  /** Called when a frame that was heard has been dealt with. */
  settled(): void {
    if (this.#unacknowledgedBytes * 4 >= this.#windowBytes) this.#acknowledge();
    if (this.#unacknowledgedBytes > 2 * this.#windowBytes && !this.#unread.has('window')) this.#stopReading('window');
  }

  /** The member has received the first `count` of the frames that were sent to it. */
  acknowledged(count: number): void {
    const freed = this.#outgoing.release(count);
    if (freed === undefined) throw new FrameError(`it acknowledges ${count} frames, ${this.#outgoing.sent} were sent`);
    this.#freed(freed);
  }

  /** Sends a heartbeat and closes the connection of a member that has been silent or idle for too long. */
  beat(beat: number, nowMs: number): void {
    const { idleTimeoutMs } = this.#context.limits;
    const { stride, intervalMs, misses } = this.#terms;
    // The members of a large world take turns.
    if (!this.#socket || (beat + this.rank) % stride !== 0) return;
    // While it is not read from, its silence proves nothing; that it reads is its sign of life.
    if (this.#unread.size > 0 && (this.#drained || this.#outgoing.costBytes === 0)) this.#heartbeat.heard();
    this.#drained = false;
    if (this.#heartbeat.isSilent()) {
      this.close(closeCodes.silent, `no sign of life for ${intervalMs * misses} ms`);
      this.terminate();
    } else if (nowMs - this.#lastFrameMs > idleTimeoutMs) {
      this.close(closeCodes.idle, `idle for ${idleTimeoutMs} ms`);
    } else {
      this.#noteAcknowledged();
      this.#send(encodeCount(frameKinds.heartbeat, this.#acknowledged.frames));
    }
  }

  /** The connection dropped; what is sent from now on waits for the one that replaces it. */
  disconnect(): void {
    this.#socket = undefined;
    this.#written = 0;
    this.#unread.clear();
    this.#context.budget.forget(this);
  }

  /** Whether the member can go on from where it stands. */
  canResume(session: string, received: number): boolean {
    return session === this.session && !this.isOver && this.#outgoing.reaches(received);
  }

  /** Goes on over a new connection: sends again whatever the member has not received. */
  resume(socket: WebSocket, received: number): void {
    const old = this.#socket;
    this.disconnect();
    old?.terminate();
    this.#socket = socket;
    this.#heartbeat.heard();
    this.#freed(this.#outgoing.release(received) ?? 0);
    this.#noteAcknowledged();
    const resumed: Resumed = { received: this.#received.frames, acknowledged: this.#acknowledged.frames };
    this.#send(encodeControl(frameKinds.resumed, resumed));
    let number = received;
    for (const bytes of this.#outgoing.after(received)) this.#sendCounted(bytes, ++number);
  }

  /** The member departs of its own will; it has nothing more to say. */
  leave(): void {
    this.leaving = true;
    this.#socket?.close(closeCodes.normal);
  }

  /** Closes the connection with a stated code and reason, by force if the member does not answer within a second. */
  close(code: number, reason: string): void {
    if (this.#closeCause !== undefined) return;
    this.#closeCause = reason;
    const socket = this.#socket;
    this.detach();
    if (!socket) return;
    // A decoder that expects more leaves out a character that was cut in two.
    const cut = Buffer.from(reason).subarray(0, MAX_CLOSE_REASON_BYTES);
    socket.close(code, new TextDecoder().decode(cut, { stream: true }));
    const force = setTimeout(() => socket.terminate(), CLOSE_GRACE_MS);
    socket.once('close', () => clearTimeout(force));
  }

  terminate(): void {
    this.#socket?.terminate();
  }

  /** The member is gone: frees everyone whom it holds back, and what was kept for it. */
  detach(): void {
    this.#detached = true;
    this.#context.budget.give(this.#outgoing.release(this.#outgoing.sent) ?? 0);
    this.#releaseSenders();
    for (const receiver of this.#heldBackBy.keys()) receiver.#holdsBack.delete(this);
    this.#heldBackBy.clear();
    this.#context.budget.forget(this);
    this.#unread.clear();
    this.#socket?.resume();
  }

  /** The server's memory is used up: nothing is read from this member, and nothing that it has read is kept for it. */
  park(): void {
    this.#stopReading('budget');
    this.#forgetWritten();
  }

  unpark(): void {
    this.#readAgain('budget');
  }

  #send(bytes: Buffer): void {
    const socket = this.#socket;
    if (socket && socket.readyState === socket.OPEN) socket.send(bytes, { binary: true });
  }

  #sendCounted(bytes: Buffer, number: number): void {
    const socket = this.#socket;
    if (!socket || socket.readyState !== socket.OPEN) return;
    socket.send(bytes, { binary: true }, (error) => {
      if (error || socket !== this.#socket) return;
      this.#drained = true;
      this.#written = number;
      if (this.#unread.has('budget')) this.#forgetWritten();
    });
  }

  /** Its acknowledgements are not read while it is parked, so what it has been sent is let go of without them. */
  #forgetWritten(): void {
    this.#freed(this.#outgoing.release(this.#written) ?? 0);
  }

  #freed(bytes: number): void {
    this.#context.budget.give(bytes);
    if (this.#outgoing.costBytes <= this.#context.limits.maxQueuedBytes / 2) this.#releaseSenders();
  }

  #holdBack(receiver: Member): void {
    if (this.#heldBackBy.has(receiver)) return;
    // The frame that was too much is the last one received.
    this.#heldBackBy.set(receiver, { ...this.#received, frames: this.#received.frames - 1 });
    receiver.#holdsBack.add(this);
    this.#context.metrics.pauses.inc();
  }

  #releaseSenders(): void {
    if (this.#holdsBack.size === 0) return;
    const senders = [...this.#holdsBack];
    this.#holdsBack.clear();
    for (const sender of senders) {
      sender.#heldBackBy.delete(this);
      sender.#acknowledge();
    }
  }

  /** Tells the member how many of its frames need not be kept any more, if that has changed. */
  #acknowledge(): void {
    if (this.#noteAcknowledged()) this.#send(encodeCount(frameKinds.ack, this.#acknowledged.frames));
  }

  #noteAcknowledged(): boolean {
    let progress = this.#received;
    for (const limit of this.#heldBackBy.values()) if (limit.frames < progress.frames) progress = limit;
    if (progress.frames <= this.#acknowledged.frames) return false;
    this.#acknowledged = progress;
    if (this.#unacknowledgedBytes <= this.#windowBytes) this.#readAgain('window');
    return true;
  }

  get #unacknowledgedBytes(): number {
    return this.#received.bytes - this.#acknowledged.bytes;
  }

  #stopReading(reason: 'budget' | 'window'): void {
    this.#unread.add(reason);
    this.#socket?.pause();
    this.#context.metrics.stops.inc();
  }

  #readAgain(reason: 'budget' | 'window'): void {
    if (!this.#unread.delete(reason) || this.#unread.size > 0) return;
    this.#heartbeat.heard();
    this.#socket?.resume();
  }
}
