import type { FrameSocket } from './frameSocket.js';
import type { RendezvousLimits } from './limits.js';
import type { RendezvousMetrics } from './metrics.js';
import { type PackedFrame, packFrame } from './packedFrame.js';
import { countFrame, frameKinds } from './protocol.js';
import { type Parkable, type QueueBudget, windowBytes } from './queueBudget.js';
import { ReceiveWindow } from './receiveWindow.js';
import { costOf } from './replayBuffer.js';
import { SendQueue } from './sendQueue.js';

/** What a member's place on the server rests on. */
export interface MemberContext {
  readonly limits: RendezvousLimits;
  readonly metrics: RendezvousMetrics;
  readonly budget: QueueBudget;
}

/**
 * The counted frames between the server and one member, in both directions, and back-pressure on those who send to it.
 * They outlive a dropped connection.
 *
 * Back-pressure works by acknowledgements: as long as too much waits for the receiver of a frame, the frame is not
 * acknowledged to its sender, who stops when its window is full. The server goes on reading from the sender, so that
 * two members that send to each other cannot lock each other up.
 */
export class MemberFlow implements Parkable {
  readonly windowBytes: number;
  readonly #context: MemberContext;
  readonly #onReadAgain: () => void;
  readonly #outgoing: SendQueue;
  readonly #incoming = new ReceiveWindow<MemberFlow>();
  readonly #holdsBack = new Set<MemberFlow>();
  /** Why nothing is read from this member at present: the server's memory is used up, or it ignores its window. */
  readonly #unread = new Set<'budget' | 'window'>();
  #socket: FrameSocket | undefined;

  /** @param onReadAgain called when the member is read from again after a time when it was not. */
  constructor(socket: FrameSocket, worldSize: number, context: MemberContext, onReadAgain: () => void) {
    this.#socket = socket;
    this.#context = context;
    this.#onReadAgain = onReadAgain;
    this.#outgoing = new SendQueue(socket, context.budget, () => this.#roomMade());
    this.windowBytes = windowBytes(context.limits, worldSize);
  }

  /** Sends a frame. When too much waits already, `sender` gets no acknowledgements until half of it is read. */
  deliver(frame: PackedFrame, sender?: MemberFlow): void {
    this.#outgoing.append(frame);
    if (!sender) return;
    if (this.#outgoing.costBytes > this.#context.limits.maxQueuedBytes && sender.#incoming.hold(this)) {
      this.#holdsBack.add(sender);
      this.#context.metrics.pauses.inc();
    }
    this.#context.budget.parkIfFull(sender);
  }

  /** A frame has come from this member. */
  received(frame: PackedFrame): void {
    this.#incoming.add(costOf(frame.length));
  }

  /** Called when a frame that has come has been dealt with. */
  settled(): void {
    if (this.#incoming.unacknowledgedBytes * 4 >= this.windowBytes) this.#acknowledge();
    const isTooMuch = this.#incoming.unacknowledgedBytes > 2 * this.windowBytes;
    if (isTooMuch && !this.#unread.has('window')) this.#stopReading('window');
  }

  /** The member has received the first `count` of the frames that were sent to it. @throws FrameError */
  acknowledged(count: number): void {
    this.#outgoing.acknowledged(count);
  }

  /**
   * Whether the silence of the member proves nothing, because it is not read from: that it reads is its sign of life
   * then. To be asked once a beat.
   */
  excusesSilence(): boolean {
    const hasMoved = this.#outgoing.hasMoved();
    return this.#unread.size > 0 && (hasMoved || this.#outgoing.costBytes === 0);
  }

  /** Sends a sign of life, which acknowledges as much as it may. */
  beat(): void {
    this.#advance();
    this.#tell(frameKinds.heartbeat);
  }

  /** Whether a member that has received so many frames can be sent all that it has not. */
  reaches(received: number): boolean {
    return this.#outgoing.reaches(received);
  }

  /** The connection dropped; what is sent from now on waits for the one that replaces it. */
  disconnect(): void {
    this.#socket = undefined;
    this.#outgoing.disconnect();
    this.#unread.clear();
    this.#context.budget.forget(this);
  }

  /**
   * Goes on over a new connection: sends again whatever the member has not received.
   *
   * @param greet called before, with the frames that have come from the member and those that were acknowledged to it.
   */
  resume(socket: FrameSocket, received: number, greet: (received: number, acknowledged: number) => void): void {
    this.#socket = socket;
    this.#outgoing.resume(socket, received, () => {
      this.#advance();
      greet(this.#incoming.receivedFrames, this.#incoming.acknowledgedFrames);
    });
  }

  /** The member is gone: frees everyone whom it holds back, and what was kept for it. */
  end(): void {
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
    if (this.#incoming.unacknowledgedBytes <= this.windowBytes) this.#readAgain('window');
    return true;
  }

  #stopReading(reason: 'budget' | 'window'): void {
    this.#unread.add(reason);
    this.#socket?.pause();
    this.#context.metrics.stops.inc();
  }

  #readAgain(reason: 'budget' | 'window'): void {
    if (!this.#unread.delete(reason) || this.#unread.size > 0) return;
    this.#onReadAgain();
    this.#socket?.resume();
  }
}
