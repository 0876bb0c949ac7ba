import type { MusterError } from '../run/errors.js';
import type { Clock } from './clock.js';
import { decodeControl, type Joined, type Resumed, resumedSchema } from './control.js';
import { FencedError, FrameError, type MemberIdentity, RendezvousLostError } from './errors.js';
import { FrameMemory } from './frameMemory.js';
import type { FrameSocket } from './frameSocket.js';
import { Heartbeat } from './heartbeat.js';
import { type PackedFrame, packFrame } from './packedFrame.js';
import {
  closeCodes,
  countFrame,
  countIn,
  type Frame,
  type FrameHeader,
  frameKinds,
  HEADER_BYTES,
  isCounted,
} from './protocol.js';
import { type Reopen, rejoin } from './rejoin.js';
import { costOf, ReplayBuffer } from './replayBuffer.js';

/** Before the server has stated its limit, only its small control frames are accepted. */
const MAX_GREETING_BYTES = 1_048_576;
/** The close code of a connection that ended without a word (RFC 6455 section 7.1.5). */
const DROPPED = 1006;
/** How many times longer the server may be silent before the group has formed. */
const PATIENCE_WHILE_FORMING = 4;

/** Hears what comes over a session, whatever connections it takes. */
export interface SessionListener {
  place(header: FrameHeader, payloadBytes: number): Uint8Array | undefined;
  /** Every frame but signs of life and acknowledgements. */
  frame(frame: Frame): void;
  /** `bufferedBytes` are fewer than before. */
  roomMade(): void;
  /** The session is over; nothing follows. */
  failed(error: MusterError): void;
}

/**
 * One member's connection to the server. When it drops it is replaced by itself, and what had not arrived is sent again
 * over the new one, so that no frame is lost or comes twice; only when that does not succeed in the time that the
 * server grants is the session over.
 */
export class LinkSession {
  readonly #member: MemberIdentity;
  readonly #listener: SessionListener;
  readonly #clock: Clock;
  readonly #reopen: Reopen;
  readonly #memory = new FrameMemory(4 * MAX_GREETING_BYTES);
  readonly #outgoing = new ReplayBuffer();
  #received = 0;
  #unacknowledgedBytes = 0;
  #terms: Joined | undefined;
  #socket: FrameSocket | undefined;
  /** Whether frames can be sent over the socket: not while it is being replaced. */
  #live = false;
  #heartbeat: Heartbeat | undefined;
  #stopBeating: (() => void) | undefined;
  #isOver = false;
  /** Set once the group has formed. */
  hasFormed = false;

  constructor(member: MemberIdentity, listener: SessionListener, clock: Clock, reopen: Reopen) {
    this.#member = member;
    this.#listener = listener;
    this.#clock = clock;
    this.#reopen = reopen;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** Bytes sent that the server has not acknowledged. */
  get bufferedBytes(): number {
    return this.#outgoing.costBytes;
  }

  get windowBytes(): number {
    return this.#terms?.windowBytes ?? MAX_GREETING_BYTES;
  }

  get maxFrameBytes(): number {
    return this.#terms?.maxFrameBytes ?? MAX_GREETING_BYTES;
  }

  /** Takes an open socket, before anything has come over it. */
  attach(socket: FrameSocket): void {
    if (this.#isOver) {
      socket.terminate();
      return;
    }
    this.#socket = socket;
    if (!this.#terms) this.#live = true;
    const isCurrent = () => !this.#isOver && socket === this.#socket;
    const maxFrameBytes = () => this.maxFrameBytes;
    socket.listen({
      get maxFrameBytes() {
        return maxFrameBytes();
      },
      place: (header, payloadBytes) => (isCurrent() ? this.#listener.place(header, payloadBytes) : undefined),
      frame: (frame) => {
        if (isCurrent()) this.#receive(frame);
      },
      broken: (error) => {
        if (isCurrent()) this.#break(error);
      },
      failed: () => undefined,
      closed: (code, reason) => {
        if (isCurrent()) this.#ended(code, reason);
      },
    });
  }

  /** The server has stated its terms. */
  begin(terms: Joined): void {
    this.#terms = terms;
    const heartbeat = new Heartbeat(terms.heartbeatMisses);
    this.#heartbeat = heartbeat;
    let beats = 0;
    this.#stopBeating = this.#clock.every(terms.heartbeatIntervalMs, () => {
      if (!this.#live) return;
      beats += 1;
      // While thousands join at once the server is slow, and nothing is lost by waiting.
      if (!this.hasFormed && beats % PATIENCE_WHILE_FORMING !== 0) heartbeat.forgive();
      if (!heartbeat.isSilent()) {
        this.#acknowledge(frameKinds.heartbeat);
        return;
      }
      this.#replace(`it gave no sign of life for ${terms.heartbeatIntervalMs * terms.heartbeatMisses} ms`);
    });
  }

  /** Sends a frame, whose payload is copied at once. */
  send(frame: Frame, epoch: number): void {
    if (this.#isOver) return;
    const packed = packFrame(frame, epoch, this.#memory);
    this.#outgoing.append(packed);
    this.#write(packed);
  }

  /** Ends the session; whoever listens is told why. Does nothing when it has ended before. */
  fail(error: MusterError): void {
    if (this.#isOver) return;
    this.#finish();
    this.#listener.failed(error);
  }

  /** Ends the session without a word. Resolves when its connection has ended. */
  async end(): Promise<void> {
    this.#finish();
    await this.#socket?.end();
  }

  #receive(received: Frame): void {
    this.#heartbeat?.heard();
    if (isCounted(received.kind)) {
      this.#received += 1;
      this.#unacknowledgedBytes += costOf(HEADER_BYTES + received.payload.byteLength);
    }
    switch (received.kind) {
      case frameKinds.ack:
      case frameKinds.heartbeat:
        this.#release(countIn(received));
        break;
      case frameKinds.resumed:
        this.#resume(decodeControl(resumedSchema, received));
        break;
      default:
        this.#listener.frame(received);
    }
    if (this.#unacknowledgedBytes * 4 >= this.windowBytes) this.#acknowledge(frameKinds.ack);
  }

  #write(frame: PackedFrame): void {
    if (this.#live) this.#socket?.send(frame);
  }

  #acknowledge(kind: typeof frameKinds.ack | typeof frameKinds.heartbeat): void {
    this.#unacknowledgedBytes = 0;
    this.#write(packFrame(countFrame(kind, this.#received)));
  }

  #release(count: number): void {
    const freedBytes = this.#outgoing.release(count);
    if (freedBytes === undefined) throw new FrameError(`it acknowledges ${count} frames, too many`);
    if (freedBytes > 0) this.#listener.roomMade();
  }

  #resume({ received, acknowledged }: Resumed): void {
    if (!this.#outgoing.reaches(received)) throw new FrameError(`it goes on from frame ${received}, which is gone`);
    this.#live = true;
    for (const frame of this.#outgoing.after(received)) this.#write(frame);
    this.#release(acknowledged);
  }

  #break(error: FrameError): void {
    const socket = this.#socket;
    this.fail(new RendezvousLostError(this.#member, error.message, error));
    socket?.close(closeCodes.protocolBroken);
  }

  #ended(code: number, reason: string): void {
    const fault = `the connection ended (code ${code}${reason ? `: ${reason}` : ''})`;
    if (code === closeCodes.fenced) this.fail(new FencedError(this.#member, reason));
    else if (code === DROPPED) this.#replace(fault);
    else this.fail(new RendezvousLostError(this.#member, fault));
  }

  /**
   * Goes over to a new connection, if the server allows it. One that is only silent stays open until then: should it be
   * the server that is slow, it must not take this member for dead.
   */
  #replace(fault: string): void {
    this.#live = false;
    const old = this.#socket;
    this.#socket = undefined;
    old?.ignore();
    const { session, rejoinTimeoutMs: timeoutMs } = this.#terms ?? { session: '', rejoinTimeoutMs: 0 };
    if (timeoutMs === 0) {
      this.fail(new RendezvousLostError(this.#member, fault));
      old?.terminate();
      return;
    }
    const [member, clock, reopen] = [this.#member, this.#clock, this.#reopen];
    const attach = (socket: FrameSocket) => this.attach(socket);
    void rejoin({ member, session, timeoutMs, received: () => this.#received, fault, clock, reopen, attach }).then(
      (error) => {
        old?.terminate();
        if (error) this.fail(error);
      },
    );
  }

  #finish(): void {
    this.#isOver = true;
    this.#live = false;
    this.#stopBeating?.();
  }
}
