import { FrameError } from './errors.js';
import type { FrameSocket, Written } from './frameSocket.js';
import type { PackedFrame } from './packedFrame.js';
import type { QueueBudget } from './queueBudget.js';
import { ReplayBuffer } from './replayBuffer.js';

/**
 * The counted frames that one member has not acknowledged, charged to the server's budget. They outlive the connection
 * over which they were sent.
 */
export class SendQueue {
  readonly #budget: QueueBudget;
  readonly #onFreed: () => void;
  readonly #frames = new ReplayBuffer();
  #socket: FrameSocket | undefined;
  /** Called for every frame that goes over the present socket. */
  #onWritten: Written | undefined;
  /** Frames that the operating system has taken. */
  #written = 0;
  /** Set while acknowledgements cannot come: what was written counts as received. */
  #isForgetful = false;
  #hasMoved = false;

  /** @param onFreed called when there is more room than before. */
  constructor(socket: FrameSocket, budget: QueueBudget, onFreed: () => void) {
    this.#budget = budget;
    this.#onFreed = onFreed;
    this.#connect(socket);
  }

  get costBytes(): number {
    return this.#frames.costBytes;
  }

  append(frame: PackedFrame): void {
    this.#budget.take(this.#frames.append(frame));
    this.#socket?.send(frame, this.#onWritten);
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
    this.#onWritten = undefined;
    this.#written = 0;
    this.#isForgetful = false;
  }

  /** Goes on over a new connection: of what was sent, the first `received` frames have arrived. */
  resume(socket: FrameSocket, received: number, greet: () => void): void {
    this.#connect(socket);
    this.#written = received;
    this.#free(this.#frames.release(received) ?? 0);
    greet();
    for (const frame of this.#frames.after(received)) socket.send(frame, this.#onWritten);
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

  #connect(socket: FrameSocket): void {
    this.#socket = socket;
    this.#onWritten = (error) => {
      if (error || socket !== this.#socket) return;
      this.#hasMoved = true;
      this.#written += 1;
      if (this.#isForgetful) this.forgetWritten(true);
    };
  }

  #free(bytes: number): void {
    this.#budget.give(bytes);
    this.#onFreed();
  }
}
