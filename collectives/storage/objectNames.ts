/*
 * The objects of one group, relative to `<result prefix>/channel/`:
 *
 *   presence/<rank>/<generation>          who is there; written anew at every heartbeat
 *   presence/<rank>/<generation>.left     the rank has closed its communicator
 *   released                              the run gave the group up; holds the cause
 *   roster                                who the group consists of; written once, by rank 0
 *   ledger/<n>                            the n-th state after that, where the group goes on after a loss
 *   <epoch>/commit/<tag>/<rank>           the rank declares its part of a collective complete
 *   <epoch>/message/<to>/<from>/<n>       the n-th message from one rank to another; communicator and tag are inside
 *   <epoch>/barrier/<communicator>/<tag>/<rank>   a rank has entered a barrier
 *   <epoch>/barrier-done/<communicator>/<tag>     all have
 *
 * The epoch is drawn when the group forms, so that nothing of an earlier group can be taken for this one's; when the
 * group forms anew, the number of the epoch is added to it, so that nothing of an older epoch is seen in a newer one.
 */

export const rosterName = 'roster';
export const releasedName = 'released';
export const presencePrefix = 'presence/';
export const ledgerPrefix = 'ledger/';

/** Wide enough for every number of messages, so that names sort as numbers do. */
const sequenceDigits = 10;
const sortable = (number: number): string => String(number).padStart(sequenceDigits, '0');

export const ledgerEntryName = (index: number): string => `${ledgerPrefix}${sortable(index)}`;

export const presenceName = (rank: number, generation: number): string => `${presencePrefix}${rank}/${generation}`;
export const leftName = (rank: number, generation: number): string => `${presenceName(rank, generation)}.left`;

/** Whether it is one of the objects on which the ranks agree. */
export const isOfLedger = (name: string): boolean => name === rosterName || name.startsWith(ledgerPrefix);

/** What the name of a presence says; undefined for the name of anything else. */
export function parsePresence(name: string): { rank: number; generation: number; left: boolean } | undefined {
  const match = /^presence\/(\d+)\/(\d+)(\.left)?$/.exec(name);
  return match ? { rank: Number(match[1]), generation: Number(match[2]), left: match[3] !== undefined } : undefined;
}

export const inboxPrefix = (epoch: string, to: number): string => `${epoch}/message/${to}/`;

export const messageName = (epoch: string, to: number, from: number, sequence: number): string =>
  `${inboxPrefix(epoch, to)}${from}/${sortable(sequence)}`;

export const commitPrefix = (epoch: string, tag: number): string => `${epoch}/commit/${tag}/`;

export const barrierPrefix = (epoch: string, communicator: number, tag: number): string =>
  `${epoch}/barrier/${communicator}/${tag}/`;

export const barrierDoneName = (epoch: string, communicator: number, tag: number): string =>
  `${epoch}/barrier-done/${communicator}/${tag}`;

/** The last part of a name, as a number. */
export const lastNumber = (name: string): number => Number(name.slice(name.lastIndexOf('/') + 1));
