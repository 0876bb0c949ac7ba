import { FrameError } from '../rendezvous/errors.js';
import { type Frame, type FrameHeader, frameKinds } from '../rendezvous/protocol.js';
import type { Message } from './channel.js';
import { messageMemory } from './messageMemory.js';

/** Memory of longer messages is lent (`MessageMemory`). */
const MAX_OWN_BYTES = 65_536;

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
  /** The memory that was given last to a message of one frame. */
  #placed: Uint8Array | undefined;

  /** A new epoch begins: frames are counted anew, and what has come in part is not going to be whole. */
  restart(): void {
    this.#sources.clear();
  }

  /** Where the payload of a frame belongs that begins to come: in the message of which it is a part. */
  place(header: FrameHeader, payloadBytes: number): Uint8Array | undefined {
    const partials = this.#sources.get(header.source)?.partials;
    const partial = partials && partialOf(partials, header);
    if (partial) return partial.bytes.subarray(partial.filled, partial.filled + payloadBytes);
    const length = payloadBytes + header.remaining;
    if (length <= MAX_OWN_BYTES) {
      if (header.remaining > 0) return undefined;
      this.#placed = new Uint8Array(length);
      return this.#placed;
    }
    if (!partials) return undefined;
    const bytes = messageMemory.take(length);
    partials.set(nameOf(header), { datatype: header.datatype, bytes, filled: 0 });
    return bytes.subarray(0, payloadBytes);
  }

  /**
   * The message that this frame completes, or `undefined`.
   *
   * @throws FrameError when a frame is missing, or does not continue the message that was begun.
   */
  accept(frame: Frame): Message | undefined {
    const source = this.#sources.get(frame.source) ?? this.#begin(frame.source);
    if (frame.sequence !== source.nextSequence) {
      throw new FrameError(`frame ${frame.sequence} of rank ${frame.source} came where ${source.nextSequence} was due`);
    }
    source.nextSequence = (source.nextSequence + 1) % 2 ** 32;
    if (frame.kind === frameKinds.cancel) {
      source.partials.delete(nameOf(frame));
      return undefined;
    }
    if (frame.remaining > 0 || partialOf(source.partials, frame)) return append(source, frame);
    const { datatype, payload } = frame;
    const isOwn = payload === this.#placed;
    this.#placed = undefined;
    return { datatype, bytes: isOwn ? payload : owned(payload) };
  }

  #begin(rank: number): Source {
    const source: Source = { nextSequence: 0, partials: new Map() };
    this.#sources.set(rank, source);
    return source;
  }
}

function partialOf(partials: Source['partials'], header: FrameHeader): Partial | undefined {
  return partials.size === 0 ? undefined : partials.get(nameOf(header));
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

function nameOf({ communicator, tag }: FrameHeader): string {
  return `${communicator}:${tag}`;
}

/** The bytes in memory that nothing else uses. */
function owned(payload: Uint8Array): Uint8Array {
  return payload.byteLength <= MAX_OWN_BYTES ? new Uint8Array(payload) : payload;
}
