import { FrameError } from './errors.js';
import type { FrameSocket } from './frameSocket.js';
import type { PackedFrame } from './packedFrame.js';
import type { QueueBudget } from './queueBudget.js';
import { costOf, ReplayBuffer } from './replayBuffer.js';

/**
 * The counted frames that one member has not acknowledged, charged to the server's budget. They outlive the connection
 * over which they were sent.
 */
export class SendQueue {
  readonly #budget: QueueBudget;
  readonly #onFreed: () => void;
  readonly #frames = new ReplayBuffer();
  #socket: FrameSocket | undefined;
  /** Frames that the operating system has taken. */
  #written = 0;
  /** Set while acknowledgements cannot come: what was written counts as received. */
  #isForgetful = false;
  #hasMoved = false;

  /** @param onFreed called when there is more room than before. */
  constructor(socket: FrameSocket, budget: QueueBudget, onFreed: () => void) {
    this.#socket = socket;
    this.#budget = budget;
    this.#onFreed = onFreed;
  }

  get costBytes(): number {
    return this.#frames.costBytes;
  }

  append(frame: PackedFrame): void {
    this.#frames.append(frame);
    this.#budget.take(costOf(frame));
    this.#write(frame, this.#frames.sent);
  }

  /** The member has received the first `count` frames. @throws FrameError when so many were never sent. */
  acknowledged(count: number): void {
    const freed = this.#frames.release(count);
    if (freed === undefined) throw new FrameError(`it acknowledges ${count} frames, ${this.#frames.sent} were sent`);
    this.#free(freed);
  }

  /** Whether the operating system has taken something since this was asked the last time. */
  hasMoved(): boolean {
    const moved = this.#hasMoved;
    this.#hasMoved = false;
    return moved;
  }

  reaches(count: number): boolean {
    return this.#frames.reaches(count);
  }

  /** The connection is gone; what is appended from now on waits. */
  disconnect(): void {
    this.#socket = undefined;
    this.#written = 0;
    this.#isForgetful = false;
  }

  /** Goes on over a new connection, of which the first `received` frames have arrived. */
  resume(socket: FrameSocket, received: number, greet: () => void): void {
    this.#socket = socket;
    this.#free(this.#frames.release(received) ?? 0);
    greet();
    let number = received;
    for (const frame of this.#frames.after(received)) this.#write(frame, ++number);
  }

  /** Its acknowledgements are not read any more (or again): lets go of what was written without them. */
  forgetWritten(isForgetful: boolean): void {
    this.#isForgetful = isForgetful;
    if (isForgetful) this.#free(this.#frames.release(this.#written) ?? 0);
  }

  /** Nobody is going to read any of it. */
  clear(): void {
    this.#budget.give(this.#frames.release(this.#frames.sent) ?? 0);
  }

  #write(frame: PackedFrame, number: number): void {
    const socket = this.#socket;
    socket?.send(frame, (error) => {
      if (error || socket !== this.#socket) return;
      this.#hasMoved = true;
      this.#written = number;
      if (this.#isForgetful) this.forgetWritten(true);
    });
  }

  #free(bytes: number): void {
    this.#budget.give(bytes);
    this.#onFreed();
  }
}
