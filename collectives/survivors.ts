import { expandRanges } from '../rendezvous/rankRanges.js';
import type { CountedBarrier, Membership } from './channel.js';
import type { CommunicatorFamily } from './family.js';
import { Subgroup } from './subgroup.js';

/**
 * What is left of a world that has shrunk, as a world of its own, its ranks renumbered in order. The server counts its
 * barriers, because it knows who is left.
 */
export class Survivors extends Subgroup {
  readonly barrier?: CountedBarrier;
  readonly membership?: Membership;

  constructor(family: CommunicatorFamily, membership: Membership) {
    super(family, expandRanges(membership.current.ranks));
    this.membership = membership;
    const { barrier } = family.channel;
    if (!barrier) return;
    this.barrier = {
      enter: (context, tag) => barrier.enter(context, tag),
      missing: async (context, tag) => {
        const missing = new Set(await barrier.missing(context, tag));
        return this.members.flatMap((member, rank) => (missing.has(member) ? [rank] : []));
      },
    };
  }
}
