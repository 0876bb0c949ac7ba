import { describe, expect, it } from 'vitest';
import { decodeControl } from '../../rendezvous/control.js';
import { type Endpoint, introductionSchema, type Offer } from '../../rendezvous/introduction.js';
import { type Introduced, Introductions } from '../../rendezvous/introductions.js';
import type { PackedFrame } from '../../rendezvous/packedFrame.js';
import { decodeFrame, type Frame, frameKinds } from '../../rendezvous/protocol.js';

function at(address: string, port: number): Endpoint {
  return { address, port };
}

class Someone implements Introduced {
  readonly rank: number;
  readonly observed: Endpoint;
  readonly frames: Frame[] = [];

  constructor(rank: number, observed: Endpoint) {
    this.rank = rank;
    this.observed = observed;
  }

  deliver({ bytes }: PackedFrame): void {
    this.frames.push(decodeFrame(bytes, 10_000));
  }

  /** What it was told of the other one. */
  get told() {
    const [received] = this.frames.splice(0).filter(({ kind }) => kind === frameKinds.introduction);
    return received && { link: received.tag, from: received.source, ...decodeControl(introductionSchema, received) };
  }
}

function offer(local: Endpoint, seen: Endpoint | null, change: Partial<Offer> = {}): Offer {
  return { attempt: 1, local, seen, listening: at(local.address, 9), punching: null, ...change };
}

/** What both are told when both make their offer. */
function introduced(one: Someone, oneOffer: Offer, other: Someone, otherOffer: Offer) {
  const introductions = new Introductions();
  introductions.offer(one, other, oneOffer);
  introductions.offer(other, one, otherOffer);
  return [one.told, other.told];
}

const behindA = at('10.0.1.2', 4000);
const behindB = at('10.0.2.2', 5000);
const publicA = at('198.51.100.11', 4000);
const publicB = at('198.51.100.12', 5000);

describe('an introduction', () => {
  it('begins with an invitation, and tells both the same link and key', () => {
    const [one, other] = [new Someone(3, publicA), new Someone(5, publicB)];
    const introductions = new Introductions();
    introductions.offer(one, other, offer(behindA, publicA));
    expect(other.frames).toMatchObject([{ kind: frameKinds.introduce, source: 3, destination: 5 }]);
    expect(one.frames).toEqual([]);
    introductions.offer(other, one, offer(behindB, publicB));
    const [first, second] = [one.told, other.told];
    expect(first).toMatchObject({ how: 'punch', from: 5, peer: publicB });
    expect(second).toMatchObject({ how: 'punch', from: 3, peer: publicA, link: first?.link });
    expect(first).toHaveProperty('key', second && 'key' in second ? second.key : undefined);
  });

  it('sends both to the relay when one of their NATs gives every connection another port', () => {
    const [first, second] = introduced(
      new Someone(0, publicA),
      offer(behindA, publicA),
      new Someone(1, publicB),
      offer(behindB, at(publicB.address, 61_234)),
    );
    expect(first).toMatchObject({ how: 'relay', reason: expect.stringMatching(/NAT of rank 1/) });
    expect(second).toMatchObject({ how: 'relay' });
  });

  it('punches without knowing when the observer did not answer', () => {
    const told = introduced(
      new Someone(0, publicA),
      offer(behindA, null),
      new Someone(1, publicB),
      offer(behindB, null),
    );
    expect(told).toMatchObject([{ how: 'punch' }, { how: 'punch' }]);
  });

  it.each([
    ['one NAT, even one that changes ports', publicA, at(publicA.address, 4001), at(publicA.address, 60_001)],
    ['no NAT', behindA, behindB, behindA],
  ])('lets ranks behind %s connect within their network', (_, one, other, seen) => {
    const told = introduced(new Someone(0, one), offer(behindA, seen), new Someone(1, other), offer(behindB, other));
    expect(told).toMatchObject([
      { how: 'connect', peer: at('10.0.2.2', 9) },
      { how: 'connect', peer: at('10.0.1.2', 9) },
    ]);
  });

  it('punches what could not be connected the first time, and what listens nowhere', () => {
    const again = introduced(
      new Someone(0, behindA),
      offer(behindA, behindA, { attempt: 2 }),
      new Someone(1, behindB),
      offer(behindB, behindB),
    );
    expect(again).toMatchObject([{ how: 'punch' }, { how: 'punch' }]);
    const deaf = introduced(
      new Someone(0, behindA),
      offer(behindA, behindA),
      new Someone(1, behindB),
      offer(behindB, behindB, { listening: null }),
    );
    expect(deaf).toMatchObject([{ how: 'punch' }, { how: 'punch' }]);
  });

  it('names the port that the other one wants to punch from, where it says one', () => {
    const fresh = at(publicA.address, 4711);
    const told = introduced(
      new Someone(0, publicA),
      offer(behindA, publicA, { attempt: 2, punching: fresh }),
      new Someone(1, publicB),
      offer(behindB, publicB),
    );
    expect(told).toMatchObject([
      { how: 'punch', peer: publicB },
      { how: 'punch', peer: fresh },
    ]);
  });

  it('forgets what ranks that are gone have offered', () => {
    const [one, other] = [new Someone(0, publicA), new Someone(1, publicB)];
    const introductions = new Introductions();
    introductions.offer(one, other, offer(behindA, publicA));
    introductions.forget(0);
    introductions.offer(other, one, offer(behindB, publicB));
    expect(other.told).toBeUndefined();
    expect(one.frames).toMatchObject([{ kind: frameKinds.introduce, source: 1 }]);
  });
});
