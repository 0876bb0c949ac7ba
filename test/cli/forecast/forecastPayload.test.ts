import { describe, expect, it } from 'vitest';
import { UsageError } from '../../../cli/errors.js';
import { assumedWork, surveySampleBytes } from '../../../cli/forecast/assumedWork.js';
import { assumedCircumstances } from '../../../cli/forecast/circumstances.js';
import { forecastPayload } from '../../../cli/forecast/forecastPayload.js';
import { defaultConstants } from '../../../cost/forecast/constants.js';
import { parsePayload } from '../../../run/parsePayload.js';
import type { PayloadInput } from '../../../run/payload.js';

const payload = (changes: Partial<PayloadInput> = {}) =>
  parsePayload({ bucket: 'bucket', S3_object_name: 'm', data_prefix: 'd', result_path: 'r', ...changes });

function forecast(
  changes: Partial<PayloadInput>,
  assumptions: { ranks: number; samples?: number; concurrency?: number },
) {
  const parsed = payload(changes);
  const circumstances = assumedCircumstances(parsed, { samples: 1_000, ...assumptions });
  return forecastPayload(parsed, circumstances, defaultConstants);
}

describe('a forecast for a payload', () => {
  it('lets the ranks meet when they fit at once', () => {
    const { faults, collectives, forecast: made } = forecast({ collectives: 'relay' }, { ranks: 500 });
    expect(faults).toEqual([]);
    expect(collectives.channel).toBe('relay');
    expect(made.bill.lines.map(({ item }) => item)).toContain('rendezvous-host');
    expect(made.stagesS.rendezvous).toBeGreaterThan(0);
  });

  it('goes without collectives, as Initialize would, when they do not', () => {
    const { faults, collectives, forecast: made } = forecast({}, { ranks: 3_000 });
    expect(faults).toEqual([]);
    expect(collectives).toMatchObject({
      channel: 'none',
      reason: expect.stringContaining('3000 ranks can never all be'),
    });
    expect(made.concurrency).toBe(1_000);
    expect(made.waitingRanks).toBe(2_000);
  });

  it('refuses what was asked for and cannot be, with the numbers', () => {
    const refused = (changes: Partial<PayloadInput>, assumptions = {}) =>
      forecast(changes, { ranks: 3_000, ...assumptions }).faults.join('\n');
    expect(refused({ collectives: 'relay' })).toMatch(/3000 ranks can never all be alive at once.* is 1000/);
    expect(refused({ barrier: true, max_concurrency: 5 }, { concurrency: 9_000 })).toMatch(/"max_concurrency" 5/);
    expect(refused({ deadline_s: 5 })).toMatch(/deadline_s: the run takes about .* s, more than 5 s/);
    expect(refused({}, { samples: 1_000_000 })).toMatch(/up for about \d+ min .*more than the 900 s of its function/);
  });

  it('pays for the memory that the payload asks for', () => {
    const at = (memoryMb: number) => forecast({ memory_mb: memoryMb, collectives: 'none' }, { ranks: 10 }).forecast;
    expect(at(3_538)).toMatchObject({ memoryMb: 3_538, vcpus: 2 });
    expect(at(3_538).rank.inferenceS).toBeCloseTo(at(1_769).rank.inferenceS / 2);
  });
});

describe('assumed work', () => {
  it('has samples of the length of the bundled data, unless both are given', () => {
    expect(assumedWork({ ranks: 2, partitionMb: 100 })).toEqual([
      { partitions: 1, bytes: 104_857_600, samples: 5_114 },
      { partitions: 1, bytes: 104_857_600, samples: 5_114 },
    ]);
    expect(assumedWork({ ranks: 1, samples: 10 })).toEqual([
      { partitions: 1, bytes: 10 * surveySampleBytes, samples: 10 },
    ]);
    expect(assumedWork({ ranks: 1, samples: 10, partitionMb: 1 })[0]).toMatchObject({ bytes: 1_048_576, samples: 10 });
  });

  it('needs to be told how much there is', () => {
    expect(() => assumedWork({ ranks: 2 })).toThrow(UsageError);
  });
});
