import type { Payload } from '../run/payload.js';
import type { PlannedCollectives } from '../run/plan.js';
import type { Concurrency } from './concurrency.js';

/** What the choice of a channel depends on. */
export interface ChannelCircumstances {
  readonly worldSize: number;
  readonly maxConcurrency: number;
  readonly concurrency: Concurrency;
  /** Why the rendezvous cannot be used; undefined when it answers. */
  readonly rendezvousFault: string | undefined;
}

/**
 * Chooses how the ranks talk to each other. Ranks that cannot all be alive at once can never meet, and Lambda has no gang
 * scheduling: `auto` then does without collectives and says why, while an explicit wish is refused with the numbers.
 */
export function chooseChannel(
  payload: Pick<Payload, 'collectives' | 'barrier'>,
  circumstances: ChannelCircumstances,
): PlannedCollectives | { faults: string[] } {
  const wish = payload.collectives;
  if (wish === 'none' && payload.barrier) {
    return { faults: ['barrier: a barrier needs collectives, but "collectives" is "none"; choose "relay" or "auto"'] };
  }
  if (wish === 'none') return { channel: 'none', reason: 'the payload asks for none' };
  if (wish === 'storage') {
    const others = '"relay", "direct", "auto" or "none"';
    return { faults: [`collectives: the channel "${wish}" is not in this version; choose ${others}`] };
  }
  const obstacles = obstaclesToMeeting(circumstances);
  if (obstacles.length === 0) {
    const channel = wish === 'direct' ? 'direct' : 'relay';
    return { channel, reason: 'all ranks fit at once and the rendezvous answers' };
  }
  if (wish === 'relay' || wish === 'direct' || payload.barrier) {
    return { faults: obstacles.map((obstacle) => `${payload.barrier ? 'barrier' : 'collectives'}: ${obstacle}`) };
  }
  return { channel: 'none', reason: obstacles.join('; ') };
}

function obstaclesToMeeting({
  worldSize,
  maxConcurrency,
  concurrency,
  rendezvousFault,
}: ChannelCircumstances): string[] {
  const obstacles: string[] = [];
  if (worldSize > concurrency.free) {
    obstacles.push(
      `${worldSize} ranks can never all be alive at once, because ${concurrency.limit} is ${concurrency.free}; raise it, or use fewer ranks`,
    );
  }
  if (worldSize > maxConcurrency) {
    obstacles.push(`${worldSize} ranks can never all be alive at once with "max_concurrency" ${maxConcurrency}`);
  }
  if (rendezvousFault !== undefined) obstacles.push(rendezvousFault);
  return obstacles;
}
