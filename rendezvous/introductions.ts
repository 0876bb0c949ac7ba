import { randomBytes } from 'node:crypto';
import { encodeControl } from './control.js';
import { type Endpoint, type Introduction, type Offer, sameEndpoint } from './introduction.js';
import { type PackedFrame, packFrame } from './packedFrame.js';
import { frame, frameKinds } from './protocol.js';

const KEY_BYTES = 32;
/** Offers of one rank that nobody has answered; more than any algorithm has edges. */
const MAX_OPEN_OFFERS = 1024;

/** A member as far as introductions go. */
export interface Introduced {
  readonly rank: number;
  /** Where the rendezvous sees it. */
  readonly observed: Endpoint | undefined;
  deliver(frame: PackedFrame): void;
}

/**
 * Brings pairs of ranks together. The first offer of a pair invites the other rank to make its own; as soon as both
 * are here, both are told at the same moment how to reach each other, with a key that only they know.
 */
export class Introductions {
  /** Offers that wait for the other one's, by offering rank and then by the rank that it wants. */
  readonly #open = new Map<number, Map<number, Offer>>();
  #links = 0;

  offer(member: Introduced, other: Introduced, offer: Offer): void {
    const answered = this.#open.get(other.rank)?.get(member.rank);
    if (!answered) {
      this.#keep(member, other, offer);
      return;
    }
    this.#open.get(other.rank)?.delete(member.rank);
    this.#open.get(member.rank)?.delete(other.rank);
    this.#introduce({ member, offer }, { member: other, offer: answered });
  }

  /** The rank is gone, and with it what it offered. */
  forget(rank: number): void {
    this.#open.delete(rank);
    for (const offers of this.#open.values()) offers.delete(rank);
  }

  #keep(member: Introduced, other: Introduced, offer: Offer): void {
    const offers = this.#open.get(member.rank) ?? new Map<number, Offer>();
    if (offers.size >= MAX_OPEN_OFFERS) return;
    this.#open.set(member.rank, offers);
    offers.set(other.rank, offer);
    other.deliver(packFrame(frame({ kind: frameKinds.introduce, source: member.rank, destination: other.rank })));
  }

  #introduce(one: Party, two: Party): void {
    const tag = this.#links++ % 2 ** 32;
    const key = randomBytes(KEY_BYTES).toString('base64');
    for (const [self, other] of [
      [one, two],
      [two, one],
    ] as const) {
      const introduction = introductionTo(self, other, key);
      const envelope = { source: other.member.rank, destination: self.member.rank, tag };
      self.member.deliver(encodeControl(frameKinds.introduction, introduction, envelope));
    }
  }
}

interface Party {
  readonly member: Introduced;
  readonly offer: Offer;
}

/** What `self` is told of `other`. Which of the three ways it is does not depend on who of the two is told. */
function introductionTo(self: Party, other: Party, key: string): Introduction {
  const { observed } = other.member;
  if (!observed || !self.member.observed) return { how: 'relay', reason: 'the rendezvous does not see where both are' };
  const changing = [self, other].filter(changesPorts).map(({ member }) => member.rank);
  const attempt = Math.max(self.offer.attempt, other.offer.attempt);
  const mayConnect = inOneNetwork(self, other) && self.offer.listening !== null;
  // What a firewall refuses the first time may still be punched the second time.
  if (mayConnect && other.offer.listening && (attempt === 1 || changing.length > 0)) {
    return { how: 'connect', peer: other.offer.listening, key };
  }
  if (changing.length === 0) return { how: 'punch', peer: other.offer.punching ?? observed, key };
  const ranks = changing.sort((a, b) => a - b).join(' and ');
  return { how: 'relay', reason: `the NAT of rank ${ranks} gives every connection another port` };
}

/** A NAT that shows one local port differently to two ports of the same host cannot be punched. */
function changesPorts({ member, offer }: Party): boolean {
  const { observed } = member;
  return observed !== undefined && offer.seen !== null && !sameEndpoint(observed, offer.seen);
}

/** Both behind one NAT, both on one host, or both behind none. */
function inOneNetwork(one: Party, two: Party): boolean {
  return one.member.observed?.address === two.member.observed?.address || [one, two].every(isUntranslated);
}

function isUntranslated({ member, offer }: Party): boolean {
  return member.observed !== undefined && sameEndpoint(member.observed, offer.local);
}
