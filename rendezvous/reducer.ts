/** A reduction of one piece of the ranks' arrays under way. */
export interface PieceReduction {
  /**
   * Takes the piece of one rank, whose memory it may write to. Returns the result once the last piece has come; it may be
   * in the memory of that one.
   *
   * @param release to be called when the memory of a piece is not needed any more; for the last one the caller knows.
   * @throws any error when the piece is not like the others.
   */
  add(rank: number, piece: Uint8Array, release: () => void): Uint8Array | undefined;
}

/**
 * What a server needs in order to reduce for its ranks. The operators and their order are the collectives' business, so
 * they come from there (`collectives/treeReducer.ts`): ranks and server get the same bits by the same code.
 */
export interface Reducer {
  /** A reduction over the ranks of a world; `undefined` when `code` names no type and operator that it knows. */
  begin(worldSize: number, code: number): PieceReduction | undefined;
}
