import { FrameError } from '../rendezvous/errors.js';
import { type Frame, frameKinds } from '../rendezvous/protocol.js';
import type { Message } from './channel.js';

/** Up to here copying is cheaper than keeping the socket's buffer alive for a view of it. */
const COPIED_BYTES = 65_536;

interface Source {
  nextSequence: number;
  /** The message of which the first chunk has come and not the last. */
  partial: { readonly frame: Frame; readonly bytes: Uint8Array; filled: number } | undefined;
}

/** Puts the frames of each source back together into messages and makes sure that none is missing. */
export class Inbox {
  readonly #sources = new Map<number, Source>();

  /**
   * The message that this frame completes, or `undefined`.
   *
   * @throws FrameError when a frame is missing, or does not continue the message that was begun.
   */
  accept(frame: Frame): Message | undefined {
    const source = this.#sources.get(frame.source) ?? { nextSequence: 0, partial: undefined };
    this.#sources.set(frame.source, source);
    if (frame.sequence !== source.nextSequence) {
      throw new FrameError(`frame ${frame.sequence} of rank ${frame.source} came where ${source.nextSequence} was due`);
    }
    source.nextSequence = (source.nextSequence + 1) % 2 ** 32;
    if (frame.kind === frameKinds.cancel) {
      source.partial = undefined;
      return undefined;
    }
    if (!source.partial && frame.remaining === 0) return { datatype: frame.datatype, bytes: owned(frame.payload) };
    return append(source, frame);
  }
}

function append(source: Source, frame: Frame): Message | undefined {
  const length = frame.payload.byteLength;
  source.partial ??= { frame, bytes: Buffer.allocUnsafeSlow(length + frame.remaining), filled: 0 };
  const { frame: first, bytes, filled } = source.partial;
  const continues = frame.communicator === first.communicator && frame.tag === first.tag;
  if (!continues || bytes.byteLength - filled - length !== frame.remaining) {
    throw new FrameError(`a chunk of rank ${frame.source} does not continue the message it began`);
  }
  bytes.set(frame.payload, filled);
  source.partial.filled += length;
  if (frame.remaining > 0) return undefined;
  source.partial = undefined;
  return { datatype: first.datatype, bytes };
}

/** The bytes in memory that nothing else uses. */
function owned(payload: Uint8Array): Uint8Array {
  return payload.byteLength <= COPIED_BYTES ? new Uint8Array(payload) : payload;
}
