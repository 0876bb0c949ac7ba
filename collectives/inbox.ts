import { FrameError } from '../rendezvous/errors.js';
import { type Frame, type FrameHeader, frameKinds } from '../rendezvous/protocol.js';
import type { Message } from './channel.js';
import { messageMemory } from './messageMemory.js';

/** Up to here copying is cheaper than keeping the socket's buffer alive for a view of it. */
const COPIED_BYTES = 65_536;

interface Source {
  nextSequence: number;
  /** Messages of which the first chunk has come and not the last, by context and tag. */
  readonly partials: Map<string, Partial>;
}

interface Partial {
  readonly datatype: number;
  readonly bytes: Uint8Array;
  filled: number;
}

/** Puts the frames of each source back together into messages and makes sure that none is missing. */
export class Inbox {
  readonly #sources = new Map<number, Source>();

  /** A new epoch begins: frames are counted anew, and what has come in part is not going to be whole. */
  restart(): void {
    this.#sources.clear();
  }

  /** Where the payload of a frame belongs that begins to come: in the message of which it is a part. */
  place({ source: rank, communicator, tag, datatype, remaining }: FrameHeader, payloadBytes: number) {
    const partials = this.#sources.get(rank)?.partials;
    const partial = partials?.get(`${communicator}:${tag}`);
    if (partial) return partial.bytes.subarray(partial.filled, partial.filled + payloadBytes);
    const length = payloadBytes + remaining;
    if (!partials || length <= COPIED_BYTES) return undefined;
    const bytes = messageMemory.take(length);
    partials.set(`${communicator}:${tag}`, { datatype, bytes, filled: 0 });
    return bytes.subarray(0, payloadBytes);
  }

  /**
   * The message that this frame completes, or `undefined`.
   *
   * @throws FrameError when a frame is missing, or does not continue the message that was begun.
   */
  accept(frame: Frame): Message | undefined {
    const source = this.#sources.get(frame.source) ?? { nextSequence: 0, partials: new Map() };
    this.#sources.set(frame.source, source);
    if (frame.sequence !== source.nextSequence) {
      throw new FrameError(`frame ${frame.sequence} of rank ${frame.source} came where ${source.nextSequence} was due`);
    }
    source.nextSequence = (source.nextSequence + 1) % 2 ** 32;
    if (frame.kind === frameKinds.cancel) {
      source.partials.delete(nameOf(frame));
      return undefined;
    }
    if (frame.remaining === 0 && !source.partials.has(nameOf(frame)))
      return { datatype: frame.datatype, bytes: owned(frame.payload) };
    return append(source, frame);
  }
}

function append({ partials }: Source, frame: Frame): Message | undefined {
  const { datatype, remaining, payload } = frame;
  const length = payload.byteLength;
  const name = nameOf(frame);
  const partial = partials.get(name) ?? { datatype, bytes: messageMemory.take(length + remaining), filled: 0 };
  partials.set(name, partial);
  if (partial.bytes.byteLength - partial.filled - length !== remaining || partial.datatype !== datatype) {
    throw new FrameError(`a chunk of rank ${frame.source} does not continue the message it began`);
  }
  const place = partial.bytes.subarray(partial.filled, partial.filled + length);
  if (payload.buffer !== place.buffer || payload.byteOffset !== place.byteOffset) place.set(payload);
  partial.filled += length;
  if (remaining > 0) return undefined;
  partials.delete(name);
  const { bytes } = partial;
  return { datatype, bytes, release: () => messageMemory.give(bytes) };
}

function nameOf({ communicator, tag }: Frame): string {
  return `${communicator}:${tag}`;
}

/** The bytes in memory that nothing else uses. */
function owned(payload: Uint8Array): Uint8Array {
  return payload.byteLength <= COPIED_BYTES ? new Uint8Array(payload) : payload;
}
