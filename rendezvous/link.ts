import type { WebSocket } from 'ws';
import type { MusterError } from '../run/errors.js';
import type { Clock } from './clock.js';
import {
  decodeControl,
  goneSchema,
  type Joined,
  joinedSchema,
  type PeerGone,
  releasedSchema,
  rollSchema,
} from './control.js';
import { FencedError, FrameError, GroupReleasedError, type MemberIdentity, RendezvousLostError } from './errors.js';
import { Heartbeat } from './heartbeat.js';
import { type Endpoint, endpointOf } from './introduction.js';
import { closeCodes, decodeFrame, encodeFrame, type Frame, frame, frameKinds } from './protocol.js';
import type { RankRange } from './rankRanges.js';

/** Time for what was sent before to arrive when a member departs. */
const CLOSE_GRACE_MS = 5000;
/** Before the server has stated its limit, only its small control frames are accepted. */
const MAX_GREETING_BYTES = 1_048_576;

const heartbeatFrame = encodeFrame(frame({ kind: frameKinds.heartbeat }));
const leaveFrame = encodeFrame(frame({ kind: frameKinds.leave }));

/** Hears what comes over a link, in the order of arrival. A `FrameError` that it throws ends the link. */
export interface LinkListener {
  /** Every rank has joined. */
  formed(): void;
  /** A frame of another member, the end of a barrier, or what concerns direct links (`introduction.ts`). */
  frame(frame: Frame): void;
  gone(peers: readonly PeerGone[]): void;
  /** The link is over; nothing follows. Not called after `close`. */
  failed(error: MusterError): void;
}

/** One member's connection to the rendezvous, from the moment its WebSocket exists. */
export class RendezvousLink {
  readonly #socket: WebSocket;
  readonly #member: MemberIdentity;
  readonly #listener: LinkListener;
  readonly #clock: Clock;
  readonly #rollCalls = new Map<string, ((missing: readonly RankRange[] | undefined) => void)[]>();
  #maxFrameBytes = MAX_GREETING_BYTES;
  #local: Endpoint | undefined;
  #observer: Endpoint | undefined;
  #heartbeat: Heartbeat | undefined;
  #stopBeating: (() => void) | undefined;
  #over = false;

  constructor(socket: WebSocket, member: MemberIdentity, listener: LinkListener, clock: Clock) {
    this.#socket = socket;
    this.#member = member;
    this.#listener = listener;
    this.#clock = clock;
    socket.on('message', (data, isBinary) => {
      if (!this.#over) this.#receive(isBinary && Buffer.isBuffer(data) ? data : Buffer.alloc(0));
    });
    socket.once('upgrade', ({ socket: { localAddress, localPort, remoteAddress } }) => {
      this.#local = endpointOf(localAddress, localPort);
      this.#observer = endpointOf(remoteAddress, 0);
    });
    socket.on('close', (code, reason) => this.#ended(code, reason.toString()));
  }

  /** Bytes handed over and not yet taken by the operating system. */
  get bufferedBytes(): number {
    return this.#socket.bufferedAmount;
  }

  /** Largest frame with its header that the server accepts. */
  get maxFrameBytes(): number {
    return this.#maxFrameBytes;
  }

  /** Where this end's connection begins. */
  get local(): Endpoint | undefined {
    return this.#local;
  }

  /** Where the server tells whoever connects from where it was reached; `undefined` when it offers no such port. */
  get observer(): Endpoint | undefined {
    return this.#observer?.port ? this.#observer : undefined;
  }

  /** Sends a frame, whose payload is copied at once; `written` is called when the operating system has taken it. */
  send(frame: Frame, written?: () => void): void {
    this.#socket.send(encodeFrame(frame), { binary: true }, written);
  }

  /**
   * Asks who has not entered a barrier, or (communicator `FORMATION`) not joined the group.
   * `undefined` when no answer comes within `timeoutMs`.
   */
  rollCall(communicator: number, tag: number, timeoutMs: number): Promise<readonly RankRange[] | undefined> {
    if (this.#over) return Promise.resolve(undefined);
    return new Promise((resolve) => {
      const name = `${communicator}:${tag}`;
      const cancel = this.#clock.after(timeoutMs, () => answer(undefined));
      const answer = (missing: readonly RankRange[] | undefined) => {
        cancel();
        resolve(missing);
      };
      this.#rollCalls.set(name, [...(this.#rollCalls.get(name) ?? []), answer]);
      this.send(frame({ kind: frameKinds.rollCall, communicator, tag, source: this.#member.rank }));
    });
  }

  /** Departs in good order: what was sent before still arrives. Resolves when the connection has ended. */
  close(): Promise<void> {
    const { CLOSED, CLOSING, OPEN } = this.#socket;
    const wasOver = this.#over;
    this.#finish();
    if (this.#socket.readyState === CLOSED) return Promise.resolve();
    return new Promise((resolve) => {
      const cancel = this.#clock.after(CLOSE_GRACE_MS, () => this.#socket.terminate());
      this.#socket.once('close', () => {
        cancel();
        resolve();
      });
      if (!wasOver && this.#socket.readyState === OPEN) this.#socket.send(leaveFrame, { binary: true });
      if (this.#socket.readyState !== CLOSING) this.#socket.close(closeCodes.normal);
    });
  }

  #receive(bytes: Buffer): void {
    try {
      this.#dispatch(decodeFrame(bytes, this.#maxFrameBytes));
    } catch (error) {
      if (!(error instanceof FrameError)) throw error;
      this.#fail(new RendezvousLostError(this.#member, error.message, error));
      this.#socket.close(closeCodes.protocolBroken);
    }
  }

  #dispatch(received: Frame): void {
    this.#heartbeat?.heard();
    switch (received.kind) {
      case frameKinds.data:
      case frameKinds.cancel:
      case frameKinds.barrierDone:
      case frameKinds.introduce:
      case frameKinds.introduction:
        this.#listener.frame(received);
        return;
      case frameKinds.joined:
        this.#begin(decodeControl(joinedSchema, received));
        return;
      case frameKinds.formed:
        this.#listener.formed();
        return;
      case frameKinds.gone:
        this.#listener.gone(decodeControl(goneSchema, received));
        return;
      case frameKinds.roll:
        this.#answerRollCalls(received);
        return;
      case frameKinds.released:
        this.#fail(new GroupReleasedError(this.#member, decodeControl(releasedSchema, received).cause));
        return;
      case frameKinds.heartbeat:
        return;
      default:
        throw new FrameError(`kind ${received.kind} is for members to send`);
    }
  }

  #begin(terms: Joined): void {
    this.#maxFrameBytes = terms.maxFrameBytes;
    this.#observer = endpointOf(this.#observer?.address, terms.observerPort);
    const heartbeat = new Heartbeat(terms.heartbeatMisses);
    this.#heartbeat = heartbeat;
    this.#stopBeating = this.#clock.every(terms.heartbeatIntervalMs, () => {
      if (!heartbeat.isSilent()) {
        this.#socket.send(heartbeatFrame, { binary: true });
        return;
      }
      const silentMs = terms.heartbeatIntervalMs * terms.heartbeatMisses;
      this.#fail(new RendezvousLostError(this.#member, `it gave no sign of life for ${silentMs} ms`));
      this.#socket.terminate();
    });
  }

  #answerRollCalls(received: Frame): void {
    const { missing } = decodeControl(rollSchema, received);
    const name = `${received.communicator}:${received.tag}`;
    const answers = this.#rollCalls.get(name) ?? [];
    this.#rollCalls.delete(name);
    for (const answer of answers) answer(missing);
  }

  #ended(code: number, reason: string): void {
    if (this.#over) return;
    const fenced = code === closeCodes.fenced;
    const fault = `the connection ended (code ${code}${reason ? `: ${reason}` : ''})`;
    this.#fail(fenced ? new FencedError(this.#member, reason) : new RendezvousLostError(this.#member, fault));
  }

  #fail(error: MusterError): void {
    if (this.#over) return;
    this.#finish();
    this.#listener.failed(error);
  }

  #finish(): void {
    this.#over = true;
    this.#stopBeating?.();
    for (const answer of [...this.#rollCalls.values()].flat()) answer(undefined);
    this.#rollCalls.clear();
  }
}
