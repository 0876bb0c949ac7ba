import { type Frame, type FrameHeader, frame, frameKinds, HEADER_BYTES, SERVER_RANK } from '../rendezvous/protocol.js';
import type { Message, Pending } from './channel.js';
import { DataMismatchError } from './errors.js';
import { messageMemory } from './messageMemory.js';

/** Measured best on WebSockets. */
const PIECE_BYTES = 524_288;
/** Every type of element ends with a piece. */
const PIECE_ALIGNMENT = 64;
/** Pieces that a rank has under way at once. */
const MAX_PIECES = 4;

/** The link to the server, as far as reductions go. */
export interface ReductionSink {
  readonly windowBytes: number;
  readonly maxFrameBytes: number;
  send(frame: Frame): void;
}

interface Call {
  readonly context: number;
  readonly tag: number;
  readonly code: number;
  readonly own: Uint8Array;
  readonly result: Uint8Array;
  sentBytes: number;
  filledBytes: number;
  readonly resolve: (message: Message) => void;
  readonly reject: (reason: Error) => void;
}

/** One rank's part in the reductions that the server carries out: pieces go out while the first results come back. */
export class ServedReductions {
  readonly #rank: number;
  readonly #sink: ReductionSink;
  readonly #pieceBytes: number;
  readonly #maxPieces: number;
  readonly #calls = new Map<string, Call>();

  constructor(rank: number, sink: ReductionSink) {
    this.#rank = rank;
    this.#sink = sink;
    // The same at every rank, because the server grants all the same terms.
    const largest = Math.min(PIECE_BYTES, sink.windowBytes / 2, sink.maxFrameBytes - HEADER_BYTES);
    this.#pieceBytes = largest - (largest % PIECE_ALIGNMENT);
    this.#maxPieces = Math.max(1, Math.min(MAX_PIECES, Math.floor(sink.windowBytes / this.#pieceBytes) - 1));
  }

  /** Resolves with what the arrays of all ranks come to; `code` names their type and the operator. */
  reduce(context: number, tag: number, code: number, { datatype, bytes }: Message): Pending<Message> {
    const name = `${context}:${tag}`;
    let cancel: (reason: Error) => void = () => {};
    const promise = new Promise<Message>((resolve, reject) => {
      const call: Call = {
        context,
        tag,
        code,
        own: bytes,
        result: messageMemory.take(bytes.byteLength),
        sentBytes: 0,
        filledBytes: 0,
        resolve: ({ bytes: reduced }) =>
          resolve({ datatype, bytes: reduced, release: () => messageMemory.give(reduced) }),
        reject,
      };
      this.#calls.set(name, call);
      cancel = (reason) => {
        if (this.#calls.get(name) !== call) return;
        this.#calls.delete(name);
        this.#sink.send(this.#frame(call, { kind: frameKinds.cancel }));
        reject(reason);
      };
      this.#pump(call);
    });
    return { promise, cancel };
  }

  /** Where a piece of a result belongs that begins to come. */
  place({ communicator, tag, datatype, remaining }: FrameHeader, payloadBytes: number): Uint8Array | undefined {
    const call = this.#calls.get(`${communicator}:${tag}`);
    const end = (call?.own.byteLength ?? 0) - remaining;
    return call?.code === datatype && payloadBytes <= end ? call.result.subarray(end - payloadBytes, end) : undefined;
  }

  /** A piece of a result has come. */
  accept({ communicator, tag, datatype, payload, remaining }: Frame): void {
    const name = `${communicator}:${tag}`;
    const call = this.#calls.get(name);
    if (!call) return;
    const end = call.own.byteLength - remaining;
    if (datatype !== call.code || payload.byteLength === 0 || payload.byteLength > end) {
      this.#calls.delete(name);
      call.reject(
        new DataMismatchError(undefined, 'the same type, length and operator of all ranks', 'something else'),
      );
      return;
    }
    const place = call.result.subarray(end - payload.byteLength, end);
    if (payload.buffer !== place.buffer || payload.byteOffset !== place.byteOffset) place.set(payload);
    call.filledBytes += payload.byteLength;
    if (call.filledBytes < call.own.byteLength) {
      this.#pump(call);
      return;
    }
    this.#calls.delete(name);
    call.resolve({ datatype, bytes: call.result });
  }

  /** A new epoch begins; whoever still waits has been told before. */
  restart(): void {
    this.#calls.clear();
  }

  #pump(call: Call): void {
    const { own } = call;
    const limit = call.filledBytes + this.#maxPieces * this.#pieceBytes;
    while (call.sentBytes < own.byteLength && call.sentBytes < limit) {
      const payload = own.subarray(call.sentBytes, call.sentBytes + this.#pieceBytes);
      call.sentBytes += payload.byteLength;
      const remaining = own.byteLength - call.sentBytes;
      this.#sink.send(this.#frame(call, { kind: frameKinds.reduceEnter, datatype: call.code, remaining, payload }));
    }
  }

  #frame(call: Call, fields: Partial<Frame> & Pick<Frame, 'kind'>): Frame {
    const { context: communicator, tag } = call;
    return frame({ ...fields, communicator, tag, source: this.#rank, destination: SERVER_RANK });
  }
}
