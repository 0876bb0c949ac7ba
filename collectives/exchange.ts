import type { Message } from './channel.js';

/** The world as one collective operation sees it: its messages mix with those of no other operation. */
export interface Exchange {
  readonly rank: number;
  readonly worldSize: number;
  /** Resolves when the bytes may be written to again. */
  send(to: number, message: Message): Promise<void>;
  /** The next message of a rank in this operation. */
  receive(from: number): Promise<Message>;
}
