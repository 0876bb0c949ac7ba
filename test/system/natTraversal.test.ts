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

function start(topology: NatTopology, where: 'host-a' | 'host-b', runId: string, rank: number): NatProcess {
  const expiresAtMs = Date.now() + 60_000;
  const token = signToken(secret, { purpose: 'member', runId, rank, worldSize, generation: 0, expiresAtMs });
  return topology.start(where, 'natRank.ts', { url, token, runId, rank, worldSize, generation: 0, timeoutMs: 10_000 });
}
