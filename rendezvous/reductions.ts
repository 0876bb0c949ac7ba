import { FrameError } from './errors.js';
import type { Frame } from './protocol.js';
import { missingRanges, type RankRange } from './rankRanges.js';
import type { PieceReduction, Reducer } from './reducer.js';

interface OpenPiece {
  readonly name: string;
  readonly code: number;
  readonly reduction: PieceReduction;
  readonly entered: Set<number>;
}

/**
 * The reductions that a server carries out for one group. Arrays come in pieces; a piece is named by communicator, tag
 * and the bytes that remain after it, and is on its way back as soon as every rank has brought its part.
 */
export class Reductions {
  readonly #worldSize: number;
  readonly #maxOpen: number;
  readonly #reducer: Reducer | undefined;
  readonly #open = new Map<string, OpenPiece>();

  constructor(worldSize: number, maxOpen: number, reducer: Reducer | undefined) {
    this.#worldSize = worldSize;
    this.#maxOpen = maxOpen;
    this.#reducer = reducer;
  }

  /**
   * A rank brings a piece, whose memory is needed until `release` is called or a result is returned. Returns the result when it was the last one: without bytes when the ranks brought what does
   * not fit together.
   *
   * @throws FrameError when the rank broke the protocol.
   */
  enter(
    rank: number,
    { communicator, tag, remaining, datatype, payload }: Frame,
    release: () => void,
  ): Uint8Array | undefined {
    const name = `${communicator}:${tag}:${remaining}`;
    const piece = this.#open.get(name) ?? this.#begin(name, datatype);
    if (piece.entered.has(rank)) throw new FrameError(`rank ${rank} brought the same piece of a reduction twice`);
    piece.entered.add(rank);
    let result: Uint8Array | undefined;
    try {
      result = piece.code === datatype ? piece.reduction.add(rank, payload, release) : new Uint8Array(0);
    } catch {
      // Told to all, as it is not for the server to say whose mistake it is.
      this.drop(communicator, tag);
      return new Uint8Array(0);
    }
    if (result) this.#open.delete(name);
    return result;
  }

  /** A rank has given the reduction up; the others will. */
  drop(communicator: number, tag: number): void {
    const prefix = `${communicator}:${tag}:`;
    for (const name of this.#open.keys()) if (name.startsWith(prefix)) this.#open.delete(name);
  }

  /** Who has not brought all that others have. */
  missing(communicator: number, tag: number): RankRange[] {
    const prefix = `${communicator}:${tag}:`;
    const pieces = [...this.#open.values()].filter(({ name }) => name.startsWith(prefix));
    return missingRanges(this.#worldSize, (rank) => pieces.every(({ entered }) => entered.has(rank)));
  }

  clear(): void {
    this.#open.clear();
  }

  #begin(name: string, code: number): OpenPiece {
    if (this.#open.size >= this.#maxOpen)
      throw new FrameError(`${this.#maxOpen} pieces of reductions are open already`);
    const reduction = this.#reducer?.begin(this.#worldSize, code);
    if (!reduction) throw new FrameError(`a reduction with code ${code} is not carried out here`);
    const piece = { name, code, reduction, entered: new Set<number>() };
    this.#open.set(name, piece);
    return piece;
  }
}
