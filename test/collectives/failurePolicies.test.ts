import { afterEach, describe, expect, it } from 'vitest';
import type { Communicator } from '../../collectives/communicator.js';
import { RankLostError } from '../../collectives/errors.js';
import { type PolicyWorld, startPolicyWorld } from './policyWorld.js';

let world: PolicyWorld;
afterEach(() => world.stop());

const rounds = 4;

/** What rank `rank` brings to round `round`. */
function part(rank: number, round: number): Float64Array {
  return Float64Array.of(rank + 1, round * (rank + 1), round);
}

function total(worldSize: number, round: number): Float64Array {
  const ranks = (worldSize * (worldSize + 1)) / 2;
  return Float64Array.of(ranks, round * ranks, round * worldSize);
}

/** The rounds from `first` on; different collectives, so that none could be taken for another. */
async function play(communicator: Communicator, first: number, before?: (round: number) => Promise<void>) {
  for (let round = first; round < rounds; round++) {
    await before?.(round);
    const expected = total(communicator.worldSize, round);
    const sum = await communicator.allreduce(part(communicator.rank, round), 'sum');
    expect([...sum]).toEqual([...expected]);
  }
}

const channels = ['relay', 'direct', 'storage'] as const;

describe.each(channels)('wait, over %s', (channel) => {
  const sizes = [2, 3, 4, 5, 8];
  const moments = ['before it enters', 'in the middle of', 'right after'] as const;
  it.each(sizes.flatMap((worldSize) => moments.map((moment) => [worldSize, moment] as const)))(
    'runs the collective again when one of %i ranks dies %s a collective',
    async (worldSize, moment) => {
      world = await startPolicyWorld(worldSize, 'wait', channel);
      const members = await world.connectAll();
      const victim = members[worldSize - 1]!;
      const fatalRound = 2;
      let died: () => void = () => undefined;
      const death = new Promise<void>((resolve) => {
        died = resolve;
      });
      const dying = async () => {
        for (let round = 0; round < fatalRound; round++) await victim.allreduce(part(victim.rank, round), 'sum');
        const last = moment === 'before it enters' ? undefined : victim.allreduce(part(victim.rank, fatalRound), 'sum');
        if (moment === 'right after') await last;
        // In the middle: others have not entered, because they wait for the death.
        const ends =
          last && moment === 'in the middle of' && expect(last).rejects.toMatchObject({ code: world.cutOffCode });
        await victim.send(0, 0, { tag: 9 });
        world.kill(victim);
        died();
        await ends;
      };
      const survivors = members.slice(0, -1).map((communicator) =>
        play(communicator, 0, async (round) => {
          if (round === (moment === 'right after' ? fatalRound + 1 : fatalRound)) await death;
        }),
      );
      await dying();
      const retried = await world.connect(victim.rank, 1);
      expect(retried.completedCollectives).toBe(moment === 'right after' ? fatalRound + 1 : fatalRound);
      expect(retried.epoch).toBe(1);
      await Promise.all([...survivors, play(retried, retried.completedCollectives)]);
      for (const survivor of members.slice(0, -1)) {
        expect(survivor.epoch).toBe(1);
        expect(survivor.completedCollectives).toBe(rounds);
      }
    },
  );

  it('survives the loss of several ranks, one after the other, with collectives of every rank under way at once', async () => {
    world = await startPolicyWorld(4, 'wait', channel);
    const members = await world.connectAll();
    const results = (communicator: Communicator, first: number) =>
      Promise.all(
        Array.from({ length: 6 - first }, (_, index) =>
          communicator.bcast(first + index === communicator.rank ? [`from ${first + index}`] : [], (first + index) % 4),
        ),
      );
    await Promise.all(members.map((communicator) => communicator.barrier()));
    const survivors = members.slice(0, 2).map((communicator) => results(communicator, 0));
    for (const victim of members.slice(2)) world.kill(victim);
    const retried = await Promise.all([world.connect(2, 1), world.connect(3, 5)]);
    expect(retried.map(({ completedCollectives }) => completedCollectives)).toEqual([1, 1]);
    const all = await Promise.all([...survivors, ...retried.map((communicator) => results(communicator, 0))]);
    for (const list of all) expect(list.slice(0, 4)).toEqual(['0', '1', '2', '3'].map((rank) => [`from ${rank}`]));
  });

  it('names the lost rank when it does not come back before the deadline', async () => {
    world = await startPolicyWorld(3, 'wait', channel);
    const members = await world.connectAll();
    world.kill(members[1]);
    // Without a server, a loss is silence first.
    const deadlineMs = channel === 'storage' ? 900 : 300;
    for (const survivor of [members[0]!, members[2]!]) {
      await expect(survivor.barrier({ timeoutMs: deadlineMs })).rejects.toMatchObject({
        code: 'COLLECTIVE_TIMEOUT',
        waitedFor: [1],
      });
    }
  });

  it('takes a newer generation in at once, and refuses the lost one and another policy', async () => {
    world = await startPolicyWorld(2, 'wait', channel);
    const [first] = await world.connectAll();
    await expect(world.connect(1, 1, 'abort')).rejects.toThrow('the group has the failure policy wait, not abort');
    const newer = await world.connect(1, 1);
    expect(newer.epoch).toBe(1);
    await Promise.all([first!.barrier(), newer.barrier()]);
    world.kill(newer);
    await expect(first!.recv(1)).rejects.toMatchObject({ code: 'RANK_LOST', lostRank: 1, lostGeneration: 1 });
    await expect(world.connect(1, 1)).rejects.toMatchObject({ code: 'RANK_FENCED' });
  });

  it('drops messages of the old epoch, and rejects those that wait for them', async () => {
    world = await startPolicyWorld(3, 'wait', channel);
    const members = await world.connectAll();
    const [first, second] = members;
    await first!.send('of the old epoch', 1, { tag: 5 });
    const waiting = expect(second!.recv(0, { tag: 6 })).rejects.toBeInstanceOf(RankLostError);
    const half = await Promise.all(members.map((communicator) => communicator.split(communicator.rank === 2 ? 1 : 0)));
    world.kill(members[2]);
    await waiting;
    const retried = await world.connect(2, 1);
    await Promise.all([first!.barrier(), second!.barrier(), retried.barrier()]);
    await first!.send('of the new epoch', 1, { tag: 5 });
    expect(await second!.recv(0, { tag: 5 })).toBe('of the new epoch');
    await expect(half[0]!.barrier()).rejects.toBeInstanceOf(RankLostError);
  });
});

describe.each(channels)('shrink, over %s', (channel) => {
  it.each([2, 3, 4, 5, 8])('goes on without the ranks that died, out of %i, renumbered in order', async (worldSize) => {
    world = await startPolicyWorld(worldSize, 'shrink', channel);
    let members = await world.connectAll();
    await Promise.all(members.map((communicator) => communicator.barrier()));
    const connected = [...members];
    const names = members.map(({ rank }) => `was ${rank}`);
    while (members.length > 1) {
      const at = Math.floor(members.length / 2);
      members.splice(at, 1);
      const [victim] = connected.splice(at, 1);
      names.splice(at, 1);
      const interrupted = members.map((communicator) => communicator.allreduce(1, 'sum'));
      world.kill(victim);
      for (const outcome of await Promise.allSettled(interrupted)) {
        expect(outcome).toMatchObject({ reason: { code: 'RANK_LOST', operation: 'allreduce' } });
      }
      members = await Promise.all(members.map((communicator) => communicator.shrink()));
      expect(members.map(({ rank }) => rank)).toEqual(names.map((_, rank) => rank));
      const gathered = await Promise.all(
        members.map((communicator) => communicator.allgather(names[communicator.rank]!)),
      );
      for (const list of gathered) expect(list).toEqual(names);
      await Promise.all(members.map((communicator) => communicator.barrier()));
    }
    expect(members[0]?.epoch).toBe(worldSize - 1);
  });

  it('completes a collective at every survivor or at none', async () => {
    world = await startPolicyWorld(4, 'shrink', channel);
    const members = await world.connectAll();
    const victim = members[3]!;
    // The root of a broadcast would be done at once, if it did not wait for the others.
    const broadcasts = members.slice(0, 3).map((communicator) => communicator.bcast(communicator.rank, 0));
    await victim.bcast(undefined, 0);
    expect(await Promise.all(broadcasts)).toEqual([0, 0, 0]);
    const next = members.slice(0, 3).map((communicator) => communicator.bcast(communicator.rank, 0));
    world.kill(victim);
    for (const outcome of await Promise.allSettled(next)) expect(outcome).toMatchObject({ reason: { lostRank: 3 } });
  });

  it('is refused where the group does something else, and to a late rank', async () => {
    world = await startPolicyWorld(2, 'shrink', channel);
    const [first, second] = await world.connectAll();
    await expect(first!.shrink({ timeoutMs: 50 })).rejects.toMatchObject({ code: 'COLLECTIVE_TIMEOUT' });
    world.kill(second);
    const alone = await first!.shrink();
    expect(await alone.allreduce(7, 'sum')).toBe(7);
    await expect(first!.barrier()).rejects.toMatchObject({ code: 'RANK_LOST', lostRank: 1 });
    await expect(world.connect(1, 1)).rejects.toMatchObject({ code: 'GROUP_BROKEN', gone: [{ rank: 1, how: 'lost' }] });
    await world.stop();
    world = await startPolicyWorld(2, 'wait', channel);
    const [waiting] = await world.connectAll();
    await expect(waiting!.shrink()).rejects.toMatchObject({ code: 'COLLECTIVE_ARGUMENT_INVALID' });
  });
});
