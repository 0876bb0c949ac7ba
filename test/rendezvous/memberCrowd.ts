import { setTimeout as delay } from 'node:timers/promises';
import { Communicator } from '../../collectives/communicator.js';
import { RelayChannel } from '../../collectives/relayChannel.js';
import { signToken } from '../../rendezvous/token.js';
import { secret } from './rawMember.js';

// Consecutive ranks of one world in a process of their own. They join, pass three barriers, and add up their ranks; the
// process tells the sums and then how long each phase took, in milliseconds.
interface Share {
  readonly url: string;
  readonly first: number;
  readonly count: number;
  readonly worldSize: number;
  /** From one rank's beginning to join to the next one's. */
  readonly joinIntervalMs: number;
}
const { url, first, count, worldSize, joinIntervalMs }: Share = JSON.parse(process.argv[2] ?? '');
const startMs = performance.now();
const members = await Promise.all(
  Array.from({ length: count }, async (_, index) => {
    if (joinIntervalMs > 0) await delay(index * joinIntervalMs);
    const identity = { runId: 'crowd', rank: first + index, worldSize, generation: 0 };
    const token = signToken(secret, { purpose: 'member', ...identity, expiresAtMs: Date.now() + 600_000 });
    const channel = await RelayChannel.connect({ ...identity, url, token, timeoutMs: 120_000 });
    return new Communicator(channel, { operationTimeoutMs: 120_000 });
  }),
);
const joinedMs = performance.now();
await Promise.all(members.map((member) => member.barrier()));
const warmMs = performance.now();
for (let round = 0; round < 3; round++) await Promise.all(members.map((member) => member.barrier()));
const barriersMs = performance.now();
const sums = await Promise.all(members.map((member) => member.allreduce(member.rank, 'sum')));
const reducedMs = performance.now();
process.send?.({
  sums: [...new Set(sums)],
  joinMs: joinedMs - startMs,
  barrierMs: (barriersMs - warmMs) / 3,
  allreduceMs: reducedMs - barriersMs,
});
process.once('message', async () => {
  await Promise.all(members.map((member) => member.close()));
  process.exit();
});
