import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { RelayWorlds } from './worlds.js';

let relay: RelayWorlds;
beforeAll(async () => {
  relay = await RelayWorlds.start();
});
afterAll(() => relay.stop());

it.each([
  ['SIGKILL', 2000],
  ['SIGSTOP', 5000],
] as const)(
  'a rank that gets %s in mid-collective is named by every survivor within %i ms',
  async (signal, limitMs) => {
    const runId = relay.nextRunId();
    const worldSize = 4;
    const victim = 2;
    const token = relay.token(runId, victim, worldSize, 3);
    const options = { url: relay.url, token, runId, rank: victim, worldSize, generation: 3, timeoutMs: 10_000 };
    const child = fork(fileURLToPath(new URL('memberProcess.ts', import.meta.url)), [JSON.stringify(options)], {
      execArgv: ['--import', 'tsx'],
    });
    const exited = once(child, 'exit');
    const ready = once(child, 'message');
    try {
      const survivors = await Promise.all([0, 1, 3].map((rank) => relay.connect(runId, rank, worldSize)));
      await Promise.all(survivors.map((comm) => comm.barrier()));
      await ready;
      const data = new Float64Array(50_000);
      let rounds = 0;
      let killedAtMs = 0;
      const outcomes = survivors.map(async (comm) => {
        for (;;) {
          await comm.allreduce(data, 'sum');
          if (comm.rank === 0 && ++rounds === 3) {
            killedAtMs = performance.now();
            child.kill(signal);
          }
        }
      });
      for (const outcome of await Promise.allSettled(outcomes)) {
        expect(outcome).toMatchObject({
          reason: { code: 'RANK_LOST', operation: 'allreduce', lostRank: victim, lostGeneration: 3 },
        });
      }
      expect(performance.now() - killedAtMs).toBeLessThan(limitMs);
      expect(rounds).toBeGreaterThanOrEqual(3);
    } finally {
      child.kill('SIGKILL');
      await exited;
    }
  },
);
