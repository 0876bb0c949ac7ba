import { randomBytes } from 'node:crypto';
import { encodeControl, type Joined, type Resumed } from './control.js';
import type { FrameSocket } from './frameSocket.js';
import { Heartbeat } from './heartbeat.js';
import { type HeartbeatTerms, heartbeatTerms } from './heartbeatTerms.js';
import type { Endpoint } from './introduction.js';
import type { RendezvousLimits } from './limits.js';
import type { RendezvousMetrics } from './metrics.js';
import { type PackedFrame, packFrame } from './packedFrame.js';
import { closeCodes, countFrame, type FrameHeader, frameKinds, isCounted } from './protocol.js';
import { type QueueBudget, windowBytes } from './queueBudget.js';
import { ReceiveWindow } from './receiveWindow.js';
import { costOf } from './replayBuffer.js';
import { SendQueue } from './sendQueue.js';

const SESSION_BYTES = 16;
const MAX_CLOSE_REASON_BYTES = 123;
const CLOSE_GRACE_MS = 1000;

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
  readonly #outgoing: SendQueue;
  readonly #incoming = new ReceiveWindow<Member>();
  readonly #holdsBack = new Set<Member>();
  /** Why nothing is read from this member at present: the server's memory is used up, or it ignores its window. */
  readonly #unread = new Set<'budget' | 'window'>();
  #socket: FrameSocket | undefined;
  #lastFrameMs: number;
  #closeCause: string | undefined;
  #detached = false;

  constructor(
    socket: FrameSocket,
    identity: { rank: number; generation: number; worldSize: number },
    context: MemberContext,
    nowMs: number,
  ) {
    this.#socket = socket;
    this.rank = identity.rank;
    this.generation = identity.generation;
    this.#context = context;
    this.#outgoing = new SendQueue(socket, context.budget, () => this.#roomMade());
    this.#windowBytes = windowBytes(context.limits, identity.worldSize);
    this.#terms = heartbeatTerms(context.limits, identity.worldSize);
    this.#heartbeat = new Heartbeat(this.#terms.misses);
    this.#lastFrameMs = nowMs;
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
  uses(socket: FrameSocket): boolean {
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
    this.#socket?.send(encodeControl(frameKinds.joined, joined));
  }

  /** Sends a counted frame. When too much waits already, `sender` gets no acknowledgements until half of it is read. */
  deliver(frame: PackedFrame, sender?: Member): void {
    if (this.isOver) return;
    this.#outgoing.append(frame);
    if (!sender) return;
    if (this.#outgoing.costBytes > this.#context.limits.maxQueuedBytes && sender.#incoming.hold(this)) {
      this.#holdsBack.add(sender);
      this.#context.metrics.pauses.inc();
    }
    this.#context.budget.parkIfFull(sender);
  }

  /** A frame has come from this member. Its idle time ends only by one that is more than a sign of life. */
  heard({ kind }: FrameHeader, frame: PackedFrame, nowMs: number): void {
    this.#heartbeat.heard();
    if (!isCounted(kind)) return;
    this.#lastFrameMs = nowMs;
    this.#incoming.add(costOf(frame.length));
  }

  /** Called when a frame that was heard has been dealt with. */
  settled(): void {
    if (this.#incoming.unacknowledgedBytes * 4 >= this.#windowBytes) this.#acknowledge();
    const isTooMuch = this.#incoming.unacknowledgedBytes > 2 * this.#windowBytes;
    if (isTooMuch && !this.#unread.has('window')) this.#stopReading('window');
  }

  /** The member has received the first `count` of the frames that were sent to it. @throws FrameError */
  acknowledged(count: number): void {
    this.#outgoing.acknowledged(count);
  }

  /** Sends a heartbeat and closes the connection of a member that has been silent or idle for too long. */
  beat(beat: number, nowMs: number): void {
    const { idleTimeoutMs } = this.#context.limits;
    const { stride, intervalMs, misses } = this.#terms;
    // The members of a large world take turns.
    if (!this.#socket || (beat + this.rank) % stride !== 0) return;
    const hasMoved = this.#outgoing.hasMoved();
    // While it is not read from, its silence proves nothing; that it reads is its sign of life.
    if (this.#unread.size > 0 && (hasMoved || this.#outgoing.costBytes === 0)) this.#heartbeat.heard();
    if (this.#heartbeat.isSilent()) {
      this.close(closeCodes.silent, `no sign of life for ${intervalMs * misses} ms`);
      this.terminate();
    } else if (nowMs - this.#lastFrameMs > idleTimeoutMs) {
      this.close(closeCodes.idle, `idle for ${idleTimeoutMs} ms`);
    } else {
      this.#advance();
      this.#tell(frameKinds.heartbeat);
    }
  }

  /** The connection dropped; what is sent from now on waits for the one that replaces it. */
  disconnect(): void {
    this.#socket = undefined;
    this.#outgoing.disconnect();
    this.#unread.clear();
    this.#context.budget.forget(this);
  }

  /** Whether the member can go on from where it stands. */
  canResume(session: string, received: number): boolean {
    return session === this.session && !this.isOver && this.#outgoing.reaches(received);
  }

  /** Goes on over a new connection: sends again whatever the member has not received. */
  resume(socket: FrameSocket, received: number): void {
    const old = this.#socket;
    this.disconnect();
    old?.terminate();
    this.#socket = socket;
    this.#heartbeat.heard();
    this.#outgoing.resume(socket, received, () => {
      this.#advance();
      const { receivedFrames, acknowledgedFrames } = this.#incoming;
      const resumed: Resumed = { received: receivedFrames, acknowledged: acknowledgedFrames };
      socket.send(encodeControl(frameKinds.resumed, resumed));
    });
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
    socket.onceClosed(() => clearTimeout(force));
  }

  terminate(): void {
    this.#socket?.terminate();
  }

  /** The member is gone: frees everyone whom it holds back, and what was kept for it. */
  detach(): void {
    this.#detached = true;
    this.#outgoing.clear();
    this.#releaseSenders();
    for (const receiver of this.#incoming.holders) receiver.#holdsBack.delete(this);
    this.#incoming.clear();
    this.#context.budget.forget(this);
    this.#unread.clear();
    this.#socket?.resume();
  }

  /** The server's memory is used up: nothing is read from this member, and nothing that it has read is kept for it. */
  park(): void {
    this.#stopReading('budget');
    this.#outgoing.forgetWritten(true);
  }

  unpark(): void {
    this.#outgoing.forgetWritten(false);
    this.#readAgain('budget');
  }

  #roomMade(): void {
    if (this.#outgoing.costBytes <= this.#context.limits.maxQueuedBytes / 2) this.#releaseSenders();
  }

  #releaseSenders(): void {
    if (this.#holdsBack.size === 0) return;
    const senders = [...this.#holdsBack];
    this.#holdsBack.clear();
    for (const sender of senders) {
      sender.#incoming.release(this);
      sender.#acknowledge();
    }
  }

  /** Tells the member how many of its frames need not be kept any more, if that has changed. */
  #acknowledge(): void {
    if (this.#advance()) this.#tell(frameKinds.ack);
  }

  #tell(kind: typeof frameKinds.ack | typeof frameKinds.heartbeat): void {
    this.#socket?.send(packFrame(countFrame(kind, this.#incoming.acknowledgedFrames)));
  }

  #advance(): boolean {
    if (!this.#incoming.advance()) return false;
    if (this.#incoming.unacknowledgedBytes <= this.#windowBytes) this.#readAgain('window');
    return true;
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
