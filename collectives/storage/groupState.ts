import { z } from 'zod';
import { type Formed, goneSchema, type PeerGone } from '../../rendezvous/control.js';
import { missingRanges } from '../../rendezvous/rankRanges.js';
import type { Membership } from '../channel.js';

const memberSchema = z.tuple([z.int().min(0), z.int().min(0)]).readonly();

/** All that the ranks of a group that goes on after a loss have to agree on. */
export const groupStateSchema = z.object({
  /** 0 when the group forms for the first time; one more each time that it forms anew. */
  epoch: z.int().min(0),
  /** Rank and generation of those that take part, in ascending order; with `wait` lost ones keep their place. */
  members: z.array(memberSchema),
  /** With `wait` those whose retry has not come, with `shrink` all that ever were lost. */
  lost: goneSchema,
  /** Collectives that are complete at every rank. */
  completed: z.int().min(0),
});
export type GroupState = Readonly<z.infer<typeof groupStateSchema>>;

export function firstState(generations: readonly number[]): GroupState {
  const members = generations.map((generation, rank): [number, number] => [rank, generation]);
  return { epoch: 0, members, lost: [], completed: 0 };
}

export function formedOf({ epoch, members, completed }: GroupState, worldSize: number): Formed {
  const ranks = new Set(members.map(([rank]) => rank));
  return { epoch, completed, ranks: missingRanges(worldSize, (rank) => !ranks.has(rank)) };
}

export function generationOf(state: GroupState, rank: number): number | undefined {
  return state.members.find(([member]) => member === rank)?.[1];
}

export function isLost(state: GroupState, rank: number, generation: number | null): boolean {
  return state.lost.some((peer) => peer.rank === rank && peer.generation === generation);
}

/** The state once these members are lost, or `undefined` when that is known or is no news of this epoch. */
export function afterLoss(
  state: GroupState,
  policy: Membership['policy'],
  lost: readonly PeerGone[],
  left: readonly number[],
): GroupState | undefined {
  const news = lost.filter(({ rank, generation }) => {
    return generation !== null && generationOf(state, rank) === generation && !isLost(state, rank, generation);
  });
  if (news.length === 0) return undefined;
  const all = [...state.lost, ...news];
  if (policy === 'wait') return { ...state, lost: all };
  const out = new Set([...news.map(({ rank }) => rank), ...left]);
  return { ...state, epoch: state.epoch + 1, lost: all, members: state.members.filter(([rank]) => !out.has(rank)) };
}

/** The state once every lost rank has been replaced by a newer generation, or `undefined` while one has not. */
export function afterReturn(state: GroupState, present: ReadonlyMap<number, number>): GroupState | undefined {
  const isBack = ({ rank, generation }: PeerGone) => (present.get(rank) ?? -1) > (generation ?? -1);
  if (state.lost.length === 0 || !state.lost.every(isBack)) return undefined;
  const replaced = new Set(state.lost.map(({ rank }) => rank));
  const members = state.members.map(([rank, generation]): [number, number] => {
    return [rank, replaced.has(rank) ? (present.get(rank) ?? generation) : generation];
  });
  return { ...state, epoch: state.epoch + 1, lost: [], members };
}

/** The state once a collective is complete, or `undefined` when a loss has come before. */
export function afterCompletion(state: GroupState, epoch: number, tag: number): GroupState | undefined {
  const isWhole = state.lost.every(({ rank, generation }) => generationOf(state, rank) !== generation);
  return state.epoch === epoch && state.completed === tag && isWhole ? { ...state, completed: tag + 1 } : undefined;
}
