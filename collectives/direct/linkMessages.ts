import type { Message } from '../channel.js';

/** The context in which ranks talk, over the relay, about the links between them. */
export const LINK_CONTEXT = 0xffff_fff0;

/** What they say; the number is the tag of the message. */
export const linkMessages = {
  /** Everything from here on comes over this link. */
  switched: 0,
  /** This end has given the link up, and has received so many bytes of what the other sent over it. */
  ended: 1,
  /** What followed these bytes. */
  rest: 2,
} as const;

/** Number of a link and a count of bytes, as u32 and f64, little-endian. */
export function encodeLinkMessage(linkId: number, receivedBytes = 0): Message {
  const bytes = Buffer.alloc(12);
  bytes.writeUInt32LE(linkId, 0);
  bytes.writeDoubleLE(receivedBytes, 4);
  return { datatype: 0, bytes };
}

/** What `encodeLinkMessage` wrote; `undefined` when it is something else. */
export function decodeLinkMessage({ bytes }: Message): { linkId: number; receivedBytes: number } | undefined {
  if (bytes.byteLength !== 12) return undefined;
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const receivedBytes = view.readDoubleLE(4);
  return Number.isSafeInteger(receivedBytes) && receivedBytes >= 0
    ? { linkId: view.readUInt32LE(0), receivedBytes }
    : undefined;
}
