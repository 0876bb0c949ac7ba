import type { PeerGone, Refusal } from './control.js';
import type { GroupState } from './groupState.js';
import { missingRanges, type RankRange } from './rankRanges.js';
import type { MemberClaims } from './token.js';

/** How many of the ranks that are gone a late rank is told at most. */
const MAX_GONE_TOLD = 32;

/** What a group remembers of its ranks beside those who are here: who is gone, who gave up, which generation counts. */
export class Roster {
  readonly #worldSize: number;
  readonly #gone = new Map<number, PeerGone>();
  readonly #newestGeneration = new Map<number, number>();
  /** Ranks that waited for the others and left before the group was complete. */
  readonly #gaveUp = new Set<number>();

  constructor(worldSize: number) {
    this.#worldSize = worldSize;
  }

  /** Ranks that departed in good order. */
  get left(): PeerGone[] {
    return [...this.#gone.values()].filter(({ how }) => how === 'left');
  }

  isReleased(rank: number): boolean {
    return this.#gone.get(rank)?.how === 'released';
  }

  newestGeneration(rank: number): number | undefined {
    return this.#newestGeneration.get(rank);
  }

  gone(peer: PeerGone): void {
    this.#gone.set(peer.rank, peer);
  }

  gaveUp(rank: number): void {
    this.#gaveUp.add(rank);
  }

  /** A generation of a rank asks to join, or has been let in. */
  seen(claims: MemberClaims): void {
    this.#newestGeneration.set(claims.rank, claims.generation);
  }

  joined(rank: number): void {
    this.#gaveUp.delete(rank);
    this.#gone.delete(rank);
  }

  /** Who has not joined. Ranks that gave up waiting count as present: they are not the ones that hold the group up. */
  missing(isHere: (rank: number) => boolean): RankRange[] {
    const isExcused = (rank: number) => this.#gaveUp.has(rank) || this.#gone.get(rank)?.how === 'left';
    return missingRanges(this.#worldSize, (rank) => isHere(rank) || isExcused(rank));
  }

  /** Why an attempt of a rank may not join whatever the group does, or `undefined`. */
  refusalOfAttempt({ rank, generation, worldSize }: MemberClaims, present: number | undefined): Refusal | undefined {
    if (worldSize !== this.#worldSize) {
      const message = `this run has ${this.#worldSize} ranks, the token says ${worldSize}.`;
      return { status: 409, reason: 'WORLD_SIZE_MISMATCH', message };
    }
    const gone = this.#gone.get(rank);
    if (gone?.how === 'released') {
      return { status: 410, reason: 'RELEASED', message: `rank ${rank} was given up.`, cause: gone.cause };
    }
    const newest = this.#newestGeneration.get(rank);
    if (newest !== undefined && generation < newest) {
      return { status: 409, reason: 'STALE_GENERATION', message: `generation ${newest} has taken its place.` };
    }
    if (present !== generation) return undefined;
    return { status: 409, reason: 'DUPLICATE_RANK', message: 'the same rank and generation is a member already.' };
  }

  /** Why a rank comes too late, or `undefined`. */
  refusalOfLate({ rank, generation }: MemberClaims, state: GroupState): Refusal | undefined {
    if (state === 'forming') return undefined;
    const gone = this.#gone.get(rank);
    if (state === 'waiting' && gone?.how !== 'left') {
      if (generation > (gone?.generation ?? -1)) return undefined;
      const message = `generation ${generation} of this rank was lost; only a newer one may take its place.`;
      return { status: 409, reason: 'STALE_GENERATION', message };
    }
    const message =
      state === 'broken'
        ? 'the group is broken and cannot be joined any more.'
        : 'the group was complete and has gone on; it cannot be joined any more.';
    return { status: 409, reason: 'GROUP_BROKEN', message, gone: [...this.#gone.values()].slice(0, MAX_GONE_TOLD) };
  }
}
