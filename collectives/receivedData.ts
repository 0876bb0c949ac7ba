import type { Message } from './channel.js';
import { type Data, decode } from './datatypes.js';
import { MessageMemory } from './messageMemory.js';

/** The data of a message, in memory of its own: what this rank has brought itself is copied. */
export function received<T extends Data>(message: Message, own?: Message): T {
  const { datatype, bytes } = message;
  const isCopied = message === own || MessageMemory.isShared(bytes);
  return wordOf<T>(decode({ datatype, bytes: isCopied ? new Uint8Array(bytes) : bytes }));
}

/** As in MPI, the receiver states the type of what comes: T is the caller's word for what the sender sends. */
function wordOf<T extends Data>(data: Data): T {
  return data as T;
}
