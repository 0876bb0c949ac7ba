import { randomBytes } from 'node:crypto';
import { encodeControl, type Joined, type Resumed } from './control.js';
import type { FrameSocket } from './frameSocket.js';
import { Heartbeat } from './heartbeat.js';
import { type HeartbeatTerms, heartbeatTerms } from './heartbeatTerms.js';
import type { Endpoint } from './introduction.js';
import type { RendezvousLimits } from './limits.js';
import { type MemberContext, MemberFlow } from './memberFlow.js';
import type { PackedFrame } from './packedFrame.js';
import { closeCodes, type FrameHeader, frameKinds, isCounted } from './protocol.js';

const SESSION_BYTES = 16;
const MAX_CLOSE_REASON_BYTES = 123;
const CLOSE_GRACE_MS = 1000;

/** One admitted rank, seen from the server: who it is, the connection it has at present, and its signs of life. */
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
  readonly #limits: RendezvousLimits;
  readonly #terms: HeartbeatTerms;
  readonly #heartbeat: Heartbeat;
  readonly #flow: MemberFlow;
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
    this.#limits = context.limits;
    this.#terms = heartbeatTerms(context.limits, identity.worldSize);
    this.#heartbeat = new Heartbeat(this.#terms.misses);
    this.#flow = new MemberFlow(socket, identity.worldSize, context, () => this.#heartbeat.heard());
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
    const { maxFrameBytes, rejoinGraceMs } = this.#limits;
    const { intervalMs, misses, serverMisses } = this.#terms;
    const untilFoundMs = intervalMs * Math.max(1, misses - serverMisses);
    const joined: Joined = {
      heartbeatIntervalMs: intervalMs,
      heartbeatMisses: serverMisses,
      maxFrameBytes,
      windowBytes: this.#flow.windowBytes,
      reduces,
      session: this.session,
      rejoinTimeoutMs: rejoinGraceMs === 0 ? 0 : rejoinGraceMs + untilFoundMs,
      observerPort,
    };
    this.#socket?.send(encodeControl(frameKinds.joined, joined));
  }

  /** Sends a counted frame, with back-pressure on `sender` if it came from another member. */
  deliver(frame: PackedFrame, sender?: Member): void {
    if (!this.isOver) this.#flow.deliver(frame, sender ? sender.#flow : undefined);
  }

  /** A frame has come from this member. Its idle time ends only by one that is more than a sign of life. */
  heard({ kind }: FrameHeader, frame: PackedFrame, nowMs: number): void {
    this.#heartbeat.heard();
    if (!isCounted(kind)) return;
    this.#lastFrameMs = nowMs;
    this.#flow.received(frame);
  }

  /** Called when a frame that was heard has been dealt with. */
  settled(): void {
    this.#flow.settled();
  }

  /** The member has received the first `count` of the frames that were sent to it. @throws FrameError */
  acknowledged(count: number): void {
    this.#flow.acknowledged(count);
  }

  /** Sends a heartbeat and closes the connection of a member that has been silent or idle for too long. */
  beat(beat: number, nowMs: number): void {
    const { idleTimeoutMs } = this.#limits;
    const { stride, intervalMs, misses } = this.#terms;
    // The members of a large world take turns.
    if (!this.#socket || (beat + this.rank) % stride !== 0) return;
    if (this.#flow.excusesSilence()) this.#heartbeat.heard();
    if (this.#heartbeat.isSilent()) {
      this.close(closeCodes.silent, `no sign of life for ${intervalMs * misses} ms`);
      this.terminate();
    } else if (nowMs - this.#lastFrameMs > idleTimeoutMs) {
      this.close(closeCodes.idle, `idle for ${idleTimeoutMs} ms`);
    } else this.#flow.beat();
  }

  /** The connection dropped; what is sent from now on waits for the one that replaces it. */
  disconnect(): void {
    this.#socket = undefined;
    this.#flow.disconnect();
  }

  /** Whether the member can go on from where it stands. */
  canResume(session: string, received: number): boolean {
    return session === this.session && !this.isOver && this.#flow.reaches(received);
  }

  /** Goes on over a new connection: sends again whatever the member has not received. */
  resume(socket: FrameSocket, received: number): void {
    const old = this.#socket;
    this.disconnect();
    old?.terminate();
    this.#socket = socket;
    this.#heartbeat.heard();
    this.#flow.resume(socket, received, (arrived, acknowledged) => {
      const resumed: Resumed = { received: arrived, acknowledged };
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
    this.#flow.end();
  }
}
