import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { signToken } from '../../rendezvous/token.js';
import { type NatPorts, type NatProcess, NatTopology, publicAddress } from './natTopology.js';

const secret = 'a secret for tests only';
const worldSize = 2;

let obstacle: string | undefined;
let topology: NatTopology | undefined;
let rendezvous: NatProcess | undefined;
let url = '';
beforeAll(async () => {
  obstacle = NatTopology.obstacle();
  if (obstacle !== undefined) return;
  topology = NatTopology.build();
  rendezvous = topology.start('public', 'natRendezvous.ts', { host: publicAddress, secret });
  url = await rendezvous.nextLine();
});
afterAll(async () => {
  await rendezvous?.stop();
  topology?.remove();
});

const cases: [ports: NatPorts, path: unknown][] = [
  ['preserving', { kind: 'direct' }],
  [
    'random',
    { kind: 'relay', reason: expect.stringMatching(/NAT of rank 0 and 1 gives every connection another port/) },
  ],
];

describe('two ranks behind two NATs', () => {
  it.for(cases)('that give %s ports', async ([ports, path], context) => {
    if (!topology) {
      console.warn(obstacle);
      return context.skip(obstacle);
    }
    topology.setNats(ports);
    const ranks = [start(topology, 'host-a', ports, 0), start(topology, 'host-b', ports, 1)];
    try {
      const answers = await Promise.all(ranks.map((rank) => rank.nextLine()));
      expect(answers.map((answer) => JSON.parse(answer))).toEqual([
        { rank: 0, settledMs: expect.any(Number), paths: { 1: expect.objectContaining(path) } },
        { rank: 1, settledMs: expect.any(Number), paths: { 0: expect.objectContaining(path) } },
      ]);
    } finally {
      await Promise.all(ranks.map((rank) => rank.stop()));
    }
  });
});

describe('a link of two ranks behind two NATs', () => {
  const limitMs = 40_000;

  it('that goes silent, because the way swallows everything, is replaced by the relay', {
    timeout: limitMs,
  }, async (context) => {
    if (!topology) {
      console.warn(obstacle);
      return context.skip(obstacle);
    }
    topology.setNats('preserving');
    const ranks = startBoth(topology, 'silent');
    try {
      for (const rank of ranks) await rank.until(/^direct, settled, 0 failed/);
      topology.setWayBetween('cut');
      for (const rank of ranks) await rank.until(/^relay/);
    } finally {
      topology.setWayBetween('open');
      expect(await Promise.all(ranks.map((rank) => rank.stop()))).toEqual([0, 0]);
    }
  });

  it('that dies in its probe is made once more, from new ports', { timeout: limitMs }, async (context) => {
    if (!topology) {
      console.warn(obstacle);
      return context.skip(obstacle);
    }
    topology.setNats('preserving');
    topology.setWayBetween({ openForBytes: 16_384 });
    const ranks = startBoth(topology, 'repaired');
    try {
      await Promise.all(ranks.map((rank) => rank.until(/^relay, 1 failed/)));
      topology.setWayBetween('open');
      await Promise.all(ranks.map((rank) => rank.until(/^direct, settled, 1 failed/)));
    } finally {
      topology.setWayBetween('open');
      expect(await Promise.all(ranks.map((rank) => rank.stop()))).toEqual([0, 0]);
    }
  });

  it('that fails its probe twice is replaced by the relay', { timeout: limitMs }, async (context) => {
    if (!topology) {
      console.warn(obstacle);
      return context.skip(obstacle);
    }
    topology.setNats('preserving');
    // Connections come about, and die in the middle of the 64 kB that try them.
    topology.setWayBetween({ openForBytes: 16_384 });
    const ranks = startBoth(topology, 'replaced');
    try {
      for (const rank of ranks) await rank.until(/^relay, settled, 2 failed/);
    } finally {
      topology.setWayBetween('open');
      expect(await Promise.all(ranks.map((rank) => rank.stop()))).toEqual([0, 0]);
    }
  });
});

/** Two ranks that compute until they are stopped, and write down how their way to each other changes. */
function startBoth(within: NatTopology, runId: string) {
  return (['host-a', 'host-b'] as const).map((where, rank) => {
    const process = start(within, where, runId, rank, 'natWatch.ts');
    return {
      async until(pattern: RegExp): Promise<void> {
        while (!pattern.test(await process.nextLine()));
      },
      stop: () => process.stop(),
    };
  });
}

function start(
  topology: NatTopology,
  where: 'host-a' | 'host-b',
  runId: string,
  rank: number,
  script = 'natRank.ts',
): NatProcess {
  const expiresAtMs = Date.now() + 60_000;
  const token = signToken(secret, { purpose: 'member', runId, rank, worldSize, generation: 0, expiresAtMs });
  return topology.start(where, script, { url, token, runId, rank, worldSize, generation: 0, timeoutMs: 10_000 });
}
