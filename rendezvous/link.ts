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
  rollSchema,
} from './control.js';
import { FrameError, GroupReleasedError, type MemberIdentity } from './errors.js';
import type { FrameSocket } from './frameSocket.js';
import { type Endpoint, endpointOf } from './introduction.js';
import { LinkSession } from './linkSession.js';
import { type Frame, type FrameHeader, frame, frameKinds } from './protocol.js';
import type { RankRange } from './rankRanges.js';
import type { Reopen } from './rejoin.js';
import { RollCalls } from './rollCalls.js';

/** Time for what was sent before to arrive when a member departs. */
const CLOSE_GRACE_MS = 5000;

const leaveFrame = frame({ kind: frameKinds.leave });

/** Hears what comes over a link, in the order of arrival. A `FrameError` that it throws ends the link. */
export interface LinkListener {
  /** Every rank has joined; or, later, the group goes on with another membership. */
  formed(formed: Formed): void;
  /**
   * Memory for the payload of a frame that begins to come; `undefined` to have it allocated. The frame may never be
   * complete: when the connection drops in the middle, the same frame begins again.
   */
  place?(header: FrameHeader, payloadBytes: number): Uint8Array | undefined;
  /** A frame of another member, the end of a barrier, or what concerns direct links (`introduction.ts`). */
  frame(frame: Frame): void;
  /** `bufferedBytes` of the link are fewer than before. */
  roomMade?(): void;
  gone(peers: readonly PeerGone[]): void;
  /** The link is over; nothing follows. Not called after `close`. */
  failed(error: MusterError): void;
}

/** One member's way to the rendezvous: what it may send, and what the server says. */
export class RendezvousLink {
  readonly #member: MemberIdentity;
  readonly #listener: LinkListener;
  readonly #clock: Clock;
  readonly #session: LinkSession;
  readonly #rollCalls: RollCalls;
  #terms: Joined | undefined;
  #epoch = 0;
  #local: Endpoint | undefined;
  #serverAddress: string | undefined;
  #departing = false;
  #closing: Promise<void> | undefined;
  #onOver: () => void = () => undefined;

  constructor(member: MemberIdentity, listener: LinkListener, clock: Clock, reopen: Reopen) {
    this.#member = member;
    this.#listener = listener;
    this.#clock = clock;
    const prepared: Reopen = (session, timeoutMs, signal, prepare) =>
      reopen(session, timeoutMs, signal, (socket) => {
        this.#note(socket);
        prepare(socket);
      });
    this.#session = new LinkSession(
      member,
      {
        place: (header, payloadBytes) => (this.#departing ? undefined : listener.place?.(header, payloadBytes)),
        frame: (frame) => this.#dispatch(frame),
        roomMade: () => listener.roomMade?.(),
        failed: (error) => this.#failed(error),
      },
      clock,
      prepared,
    );
    this.#rollCalls = new RollCalls(clock, (communicator, tag) =>
      this.send(frame({ kind: frameKinds.rollCall, communicator, tag, source: member.rank })),
    );
  }

  /** Takes the first socket of this link when it is open, before anything has come over it. */
  attach(socket: FrameSocket): void {
    this.#note(socket);
    this.#session.attach(socket);
  }

  /** Bytes sent that the server has not acknowledged: it does while it has room for more. */
  get bufferedBytes(): number {
    return this.#session.bufferedBytes;
  }

  /** What `bufferedBytes` may come to. */
  get windowBytes(): number {
    return this.#session.windowBytes;
  }

  /** Largest frame with its header that the server accepts. */
  get maxFrameBytes(): number {
    return this.#session.maxFrameBytes;
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
    const port = this.#terms?.observerPort;
    return port ? endpointOf(this.#serverAddress, port) : undefined;
  }

  /** Sends a frame of the present epoch, whose payload is copied at once. */
  send(frame: Frame): void {
    this.#session.send(frame, this.#epoch % 256);
  }

  /**
   * Asks who has not entered a barrier, or (communicator `FORMATION`) not joined the group.
   * `undefined` when no answer comes within `timeoutMs`.
   */
  rollCall(communicator: number, tag: number, timeoutMs: number): Promise<readonly RankRange[] | undefined> {
    return this.#session.isOver ? Promise.resolve(undefined) : this.#rollCalls.ask(communicator, tag, timeoutMs);
  }

  /** Departs in good order: what was sent before still arrives. Resolves when the connection has ended. */
  close(): Promise<void> {
    this.#closing ??= this.#depart();
    return this.#closing;
  }

  async #depart(): Promise<void> {
    this.#departing = true;
    this.#rollCalls.end();
    if (!this.#session.isOver) {
      // The server answers a leave by closing the connection.
      this.send(leaveFrame);
      await new Promise<void>((resolve) => {
        const cancel = this.#clock.after(CLOSE_GRACE_MS, resolve);
        this.#onOver = () => {
          cancel();
          resolve();
        };
      });
    }
    await this.#session.end();
  }

  #note(socket: FrameSocket): void {
    const { localAddress, localPort, remoteAddress } = socket.ends;
    this.#local = endpointOf(localAddress, localPort);
    this.#serverAddress = remoteAddress;
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
        this.#terms = decodeControl(joinedSchema, received);
        this.#session.begin(this.#terms);
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
        this.#session.fail(new GroupReleasedError(this.#member, decodeControl(releasedSchema, received).cause));
        return;
      default:
        throw new FrameError(`kind ${received.kind} is for members to send`);
    }
  }

  #form(formed: Formed): void {
    this.#epoch = formed.epoch;
    this.#session.hasFormed = true;
    if (!this.#departing) this.#listener.formed(formed);
  }

  #failed(error: MusterError): void {
    this.#rollCalls.end();
    this.#onOver();
    if (!this.#departing) this.#listener.failed(error);
  }
}
