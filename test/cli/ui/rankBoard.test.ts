import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RankCounts } from '../../../cli/execution/runSnapshot.js';
import { RankBoard } from '../../../cli/ui/rankBoard.js';
import { attemptsKey, failureKey, metricsKey } from '../../../run/keys.js';
import { type EmbeddedS3, startEmbeddedS3 } from '../../embeddedS3.js';

let s3: EmbeddedS3;
beforeAll(async () => {
  s3 = await startEmbeddedS3();
});
afterAll(() => s3.close());

const resultPrefix = 'results/x';
const write = (key: string) => s3.store().putJson(s3.bucket, key, {});
const counts = (running: number, done: number, failed = 0): RankCounts => ({
  expected: 3,
  waiting: 3 - running - done - failed,
  running,
  done,
  failed,
});

describe('the ranks of a run', () => {
  it('are known by their objects, and each change is told once', async () => {
    const board = new RankBoard(s3.client);
    const { signal } = new AbortController();
    const address = { bucket: s3.bucket, resultPrefix, worldSize: 3 };
    const look = async (now: RankCounts, ended = false) => {
      const { ranks, events } = await board.look(address, now, ended, signal);
      return {
        ranks: ranks.map(({ rank, state }) => `${rank} ${state}`),
        events: events.map(({ text }) => text).sort(),
      };
    };
    expect(await board.look(undefined, undefined, false, signal)).toEqual({ ranks: [], events: [] });

    // The counts may know of a rank before its object is there.
    await write(attemptsKey(resultPrefix, 0));
    expect(await look(counts(2, 0))).toEqual({ ranks: ['0 running'], events: ['Rank 0 begins'] });
    await write(attemptsKey(resultPrefix, 2));
    expect(await look(counts(2, 0))).toEqual({ ranks: ['2 running'], events: ['Rank 2 begins'] });
    expect(await look(counts(2, 0))).toEqual({ ranks: [], events: [] });

    await write(metricsKey(resultPrefix, 2));
    await write(failureKey(resultPrefix, 0));
    expect(await look(counts(0, 1, 1))).toEqual({
      ranks: ['0 failed', '2 done'],
      events: ['Rank 0 is given up', 'Rank 2 is through'],
    });
    expect(await look(counts(0, 1, 1), true)).toEqual({ ranks: [], events: [] });
  });
});
