import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseExecutionTimes } from '../../../cli/import/executionTimes.js';

const header = 'partition(MB),data(GB),run,num_worlds,duration';

describe('parseExecutionTimes', () => {
  it.each([
    ['00:26.642', 26_642],
    ['01:01.69', 61_690],
    ['00:28.85', 28_850],
    ['1:02:03', 3_723_000],
  ])('reads %s', (duration, durationMs) => {
    expect(parseExecutionTimes(`${header}\n25,12.6,3,517.0,${duration}\n`)).toEqual({
      times: [{ partitionMb: 25, dataGb: 12.6, repetition: 3, worldSize: 517, durationMs }],
      faults: [],
    });
  });

  it('reads back any duration that it is given', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 359_999_999 }), (durationMs) => {
        const seconds = (durationMs % 60_000) / 1000;
        const text = `${Math.floor(durationMs / 3_600_000)}:${Math.floor(durationMs / 60_000) % 60}:${seconds}`;
        expect(parseExecutionTimes(`${header}\r\n1,1,1,1,${text}`).times[0].durationMs).toBe(durationMs);
      }),
    );
  });

  it('names every line that is none', () => {
    const { times, faults } = parseExecutionTimes(`${header}\n1,1,1,1,0:01\n1,1,1,0:01\n1,x,1,1,0:01\n1,1,1,1,-1:00\n`);
    expect(times).toHaveLength(1);
    expect(faults.map((fault) => fault.slice(0, 6))).toEqual(['line 3', 'line 4', 'line 5']);
    expect(parseExecutionTimes('a,b\n1,2\n').faults).toEqual([`line 1: expected "${header}"`]);
  });
});
