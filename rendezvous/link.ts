import type { WebSocket } from 'ws';
import type { MusterError } from '../run/errors.js';
import type { Clock } from './clock.js';
import {
  decodeControl,
  type Formed,
  formedSchema,
  goneSchema,
  type Joined,
  joinedSchema,
  type PeerGone,
  releasedSchema,
  resumedSchema,
  rollSchema,
} from './control.js';
import { FencedError, FrameError, GroupReleasedError, type MemberIdentity, RendezvousLostError } from './errors.js';
import { Heartbeat } from './heartbeat.js';
import { type Endpoint, endpointOf } from './introduction.js';
import type { SocketOutcome } from './openSocket.js';
import {
  closeCodes,
  countIn,
  decodeFrame,
  encodeCount,
  encodeFrame,
  type Frame,
  frame,
  frameKinds,
  isCounted,
  joinHeaders,
} from './protocol.js';
import type { RankRange } from './rankRanges.js';
import { costOf, ReplayBuffer } from './replayBuffer.js';
import { RollCalls } from './rollCalls.js';

/** Time for what was sent before to arrive when a member departs. */
const CLOSE_GRACE_MS = 5000;
/** Before the server has stated its limit, only its small control frames are accepted. */
const MAX_GREETING_BYTES = 1_048_576;
/** The close code of a connection that ended without a word (RFC 6455 section 7.1.5). */
const DROPPED = 1006;
const LONGEST_PAUSE_MS = 200;
/** How many times longer the server may be silent before the group has formed. */
const PATIENCE_WHILE_FORMING = 4;

const leaveFrame = encodeFrame(frame({ kind: frameKinds.leave }));

/** Hears what comes over a link, in the order of arrival. A `FrameError` that it throws ends the link. */
export interface LinkListener {
  /** Every rank has joined; or, later, the group goes on with another membership. */
  formed(formed: Formed): void;
  /** A frame of another member, the end of a barrier, or what concerns direct links (`introduction.ts`). */
  frame(frame: Frame): void;
  gone(peers: readonly PeerGone[]): void;
  /** The link is over; nothing follows. Not called after `close`. */
  failed(error: MusterError): void;
}

/** Opens another WebSocket for the same membership. */
export type Reopen = (
  session: Readonly<Record<string, string>>,
  timeoutMs: number,
  signal: AbortSignal,
  prepare: (socket: WebSocket) => void,
) => Promise<SocketOutcome>;

/**
 * One member's way to the rendezvous. A connection that drops is replaced by itself, and what had not arrived is sent
 * again over the new one, so that no frame is lost or comes twice; only when that does not succeed in the time that
 * the server grants is the link over.
 */
export class RendezvousLink {
  readonly #member: MemberIdentity;
  readonly #listener: LinkListener;
  readonly #clock: Clock;
  readonly #reopen: Reopen;
  readonly #rollCalls: RollCalls;
  readonly #outgoing = new ReplayBuffer();
  #received = 0;
  #unacknowledgedBytes = 0;
  #terms: Joined | undefined;
  #epoch = 0;
  #hasFormed = false;
  #socket: WebSocket | undefined;
  /** Whether frames can be sent over the socket: not while it is being replaced. */
  #live = false;
  #local: Endpoint | undefined;
  #observer: Endpoint | undefined;
  #heartbeat: Heartbeat | undefined;
  #stopBeating: (() => void) | undefined;
  #departing = false;
  #closing: Promise<void> | undefined;
  #onOver: () => void = () => undefined;
  #over = false;

  constructor(member: MemberIdentity, listener: LinkListener, clock: Clock, reopen: Reopen) {
    this.#member = member;
    this.#listener = listener;
    this.#clock = clock;
    this.#reopen = reopen;
    this.#rollCalls = new RollCalls(clock, (communicator, tag) =>
      this.send(frame({ kind: frameKinds.rollCall, communicator, tag, source: member.rank })),
    );
  }

  /** Takes a socket for this link, before it is open. */
  attach(socket: WebSocket): void {
    this.#socket = socket;
    let wasOpen = false;
    socket.once('open', () => {
      wasOpen = true;
      if (!this.#terms) this.#live = true;
    });
    socket.on('message', (data, isBinary) => {
      if (this.#over || socket !== this.#socket) return;
      this.#receive(isBinary && Buffer.isBuffer(data) ? data : Buffer.alloc(0));
    });
    socket.once('upgrade', ({ socket: { localAddress, localPort, remoteAddress } }) => {
      this.#local = endpointOf(localAddress, localPort);
      this.#observer = endpointOf(remoteAddress, this.#terms?.observerPort ?? 0);
    });
    socket.on('close', (code, reason) => {
      if (wasOpen && socket === this.#socket) this.#ended(code, reason.toString());
    });
  }

  /** Bytes sent that the server has not acknowledged: it does while it has room for more. */
  get bufferedBytes(): number {
    return this.#outgoing.costBytes;
  }

  /** What `bufferedBytes` may come to. */
  get windowBytes(): number {
    return this.#terms?.windowBytes ?? MAX_GREETING_BYTES;
  }

  /** Largest frame with its header that the server accepts. */
  get maxFrameBytes(): number {
    return this.#terms?.maxFrameBytes ?? MAX_GREETING_BYTES;
  }

  /** Whether the server carries out reductions. */
  get reduces(): boolean {
    return this.#terms?.reduces ?? false;
  }

  /** Where this end's connection begins. */
  get local(): Endpoint | undefined {
    return this.#local;
  }

  /** Where the server tells whoever connects from where it was reached; `undefined` when it offers no such port. */
  get observer(): Endpoint | undefined {
    return this.#observer?.port ? this.#observer : undefined;
  }

  /** Sends a frame of the present epoch, whose payload is copied at once; `released` is called when it has arrived. */
  send(frame: Frame, released?: () => void): void {
    if (!this.#over) this.#sendCounted(encodeFrame(frame, this.#epoch % 256), released);
  }

  /**
   * Asks who has not entered a barrier, or (communicator `FORMATION`) not joined the group.
   * `undefined` when no answer comes within `timeoutMs`.
   */
  rollCall(communicator: number, tag: number, timeoutMs: number): Promise<readonly RankRange[] | undefined> {
    return this.#over ? Promise.resolve(undefined) : this.#rollCalls.ask(communicator, tag, timeoutMs);
  }

  /** Departs in good order: what was sent before still arrives. Resolves when the connection has ended. */
  close(): Promise<void> {
    this.#closing ??= this.#depart();
    return this.#closing;
  }

  async #depart(): Promise<void> {
    this.#departing = true;
    this.#rollCalls.end();
    if (!this.#over) {
      // The server answers a leave by closing the connection.
      this.#sendCounted(leaveFrame);
      await new Promise<void>((resolve) => {
        const cancel = this.#clock.after(CLOSE_GRACE_MS, resolve);
        this.#onOver = () => {
          cancel();
          resolve();
        };
      });
      this.#finish();
    }
    const socket = this.#socket;
    if (!socket || socket.readyState === socket.CLOSED) return;
    const closed = new Promise((resolve) => {
      socket.once('close', resolve);
    });
    socket.terminate();
    await closed;
  }

  #sendCounted(bytes: Buffer, released?: () => void): void {
    this.#outgoing.append(bytes, released);
    if (this.#live) this.#socket?.send(bytes, { binary: true });
  }

  #receive(bytes: Buffer): void {
    try {
      const received = decodeFrame(bytes, this.maxFrameBytes);
      this.#heartbeat?.heard();
      if (isCounted(received.kind)) {
        this.#received += 1;
        this.#unacknowledgedBytes += costOf(bytes);
      }
      this.#dispatch(received);
      if (this.#unacknowledgedBytes * 4 >= this.windowBytes) this.#acknowledge(frameKinds.ack);
    } catch (error) {
      if (!(error instanceof FrameError)) throw error;
      this.#fail(new RendezvousLostError(this.#member, error.message, error));
      this.#socket?.close(closeCodes.protocolBroken);
    }
  }

  #dispatch(received: Frame): void {
    switch (received.kind) {
      case frameKinds.data:
      case frameKinds.cancel:
      case frameKinds.barrierDone:
      case frameKinds.reduceDone:
      case frameKinds.introduce:
      case frameKinds.introduction:
        if (!this.#departing) this.#listener.frame(received);
        return;
      case frameKinds.joined:
        this.#begin(decodeControl(joinedSchema, received));
        return;
      case frameKinds.resumed:
        this.#resume(decodeControl(resumedSchema, received));
        return;
      case frameKinds.formed:
        this.#form(decodeControl(formedSchema, received));
        return;
      case frameKinds.gone:
        if (!this.#departing) this.#listener.gone(decodeControl(goneSchema, received));
        return;
      case frameKinds.roll:
        this.#rollCalls.answer(received.communicator, received.tag, decodeControl(rollSchema, received).missing);
        return;
      case frameKinds.released:
        this.#fail(new GroupReleasedError(this.#member, decodeControl(releasedSchema, received).cause));
        return;
      case frameKinds.ack:
      case frameKinds.heartbeat:
        this.#release(countIn(received));
        return;
      default:
        throw new FrameError(`kind ${received.kind} is for members to send`);
    }
  }

  #begin(terms: Joined): void {
    this.#terms = terms;
    this.#observer = endpointOf(this.#observer?.address, terms.observerPort);
    const heartbeat = new Heartbeat(terms.heartbeatMisses);
    this.#heartbeat = heartbeat;
    let beats = 0;
    this.#stopBeating = this.#clock.every(terms.heartbeatIntervalMs, () => {
      if (!this.#live) return;
      beats += 1;
      // While thousands join at once the server is slow, and nothing is lost by waiting.
      if (!this.#hasFormed && beats % PATIENCE_WHILE_FORMING !== 0) heartbeat.forgive();
      if (!heartbeat.isSilent()) {
        this.#acknowledge(frameKinds.heartbeat);
        return;
      }
      this.#replace(`it gave no sign of life for ${terms.heartbeatIntervalMs * terms.heartbeatMisses} ms`);
    });
  }

  #form(formed: Formed): void {
    this.#epoch = formed.epoch;
    this.#hasFormed = true;
    if (!this.#departing) this.#listener.formed(formed);
  }

  #release(count: number): void {
    if (this.#outgoing.release(count) === undefined) throw new FrameError(`it acknowledges ${count} frames, too many`);
  }

  #acknowledge(kind: typeof frameKinds.ack | typeof frameKinds.heartbeat): void {
    this.#unacknowledgedBytes = 0;
    if (this.#live) this.#socket?.send(encodeCount(kind, this.#received), { binary: true });
  }

  #resume({ received, acknowledged }: { received: number; acknowledged: number }): void {
    if (!this.#outgoing.reaches(received)) throw new FrameError(`it goes on from frame ${received}, which is gone`);
    this.#live = true;
    for (const bytes of this.#outgoing.after(received)) this.#socket?.send(bytes, { binary: true });
    this.#release(acknowledged);
  }

  #ended(code: number, reason: string): void {
    if (this.#over) return;
    const fault = `the connection ended (code ${code}${reason ? `: ${reason}` : ''})`;
    if (code === closeCodes.fenced) this.#fail(new FencedError(this.#member, reason));
    else if (code === DROPPED) this.#replace(fault);
    else this.#fail(new RendezvousLostError(this.#member, fault));
  }

  /**
   * Goes over to a new connection, if the server allows it. One that is only silent stays open until then: should it be
   * the server that is slow, it must not take this member for dead.
   */
  #replace(fault: string): void {
    this.#live = false;
    const old = this.#socket;
    this.#socket = undefined;
    const terms = this.#terms;
    if (terms && terms.rejoinTimeoutMs > 0) {
      void this.#rejoin(terms, fault).finally(() => old?.terminate());
      return;
    }
    this.#fail(new RendezvousLostError(this.#member, fault));
    old?.terminate();
  }

  /** Replaces the connection; `#resume` follows when the server has said from where. */
  async #rejoin({ session, rejoinTimeoutMs }: Joined, fault: string): Promise<void> {
    const deadline = new AbortController();
    const cancel = this.#clock.after(rejoinTimeoutMs, () => deadline.abort());
    try {
      for (let pauseMs = 5; !deadline.signal.aborted; pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)) {
        const headers = { [joinHeaders.session]: session, [joinHeaders.received]: String(this.#received) };
        const outcome = await this.#reopen(headers, rejoinTimeoutMs, deadline.signal, (socket) => this.attach(socket));
        if ('socket' in outcome) return;
        if ('refusal' in outcome && outcome.refusal.status !== 429 && outcome.refusal.status !== 503) {
          this.#refused(outcome.refusal.reason, `${fault}, and the server says: ${outcome.refusal.message}`);
          return;
        }
        await this.#pause(pauseMs);
      }
      this.#fail(new RendezvousLostError(this.#member, `${fault}, and was not replaced in ${rejoinTimeoutMs} ms`));
    } catch (error) {
      this.#fail(new RendezvousLostError(this.#member, fault, error));
    } finally {
      cancel();
    }
  }

  #refused(reason: string, fault: string): void {
    const fenced = reason === 'STALE_GENERATION';
    this.#fail(fenced ? new FencedError(this.#member, fault) : new RendezvousLostError(this.#member, fault));
  }

  #pause(pauseMs: number): Promise<void> {
    return new Promise((resolve) => {
      this.#clock.after(pauseMs, resolve);
    });
  }

  #fail(error: MusterError): void {
    if (this.#over) return;
    this.#finish();
    if (!this.#departing) this.#listener.failed(error);
  }

  #finish(): void {
    this.#over = true;
    this.#live = false;
    this.#stopBeating?.();
    this.#rollCalls.end();
    this.#onOver();
  }
}
