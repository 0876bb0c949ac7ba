import { describe, expect, it } from 'vitest';
import { RunFailedError } from '../../job/errors.js';
import { readCause } from '../../job/releaseRank.js';
import { InferenceWorkerLostError } from '../../models/errors.js';
import { FencedOffError, isRetryable, PartitionsFailedError, RankDeadlineError } from '../../rank/errors.js';

/** Longest cause that Step Functions keeps of a failure. */
const causeLimit = 32_768;

describe('isRetryable', () => {
  const noSpace = Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
  it.each([
    ['a lost worker', new InferenceWorkerLostError('m', 'memory'), true],
    ['a full /tmp, which another environment may not have', noSpace, true],
    ['an error of a script', new TypeError('x is null'), true],
    ['the end of the function', new RankDeadlineError(0, 'function'), true],
    ['the end of the run', new RankDeadlineError(0, 'run'), false],
    ['a newer attempt', new FencedOffError(0, 0, 1), false],
    ['partitions of which one may be read next time', failures(noSpace, new RankDeadlineError(0, 'run')), true],
    ['partitions that stay as they are', failures(new RankDeadlineError(0, 'run')), false],
  ])('%s', (_, error, retryable) => {
    expect(isRetryable(error)).toBe(retryable);
  });
});

function failures(...errors: Error[]): PartitionsFailedError {
  return new PartitionsFailedError(
    0,
    0,
    errors.map((error, index) => ({ key: `${index}.pt`, error })),
  );
}

describe('messages of wide runs', () => {
  const many = failures(...Array.from({ length: 3000 }, () => new Error('x'.repeat(300))));

  it('fit what Step Functions keeps, message and stack, and can be read back', () => {
    expect(many.message).toContain('3000 of 3000 partitions');
    expect(many.message).toContain('and 2980 more, all named in the log of the rank');
    const document = JSON.stringify({
      errorType: many.name,
      errorMessage: many.message,
      trace: many.stack?.split('\n'),
    });
    expect(document.length).toBeLessThan(causeLimit);
    expect(readCause(many.name, document).cause).toBe(many.message);
  });

  it('name ten ranks at length, and say how many more there are', () => {
    const failed = Array.from({ length: 5000 }, (_, rank) => ({ rank, attempts: 3, cause: many.message }));
    const { message, stack } = new RunFailedError('run', 10_000, failed, 's3://bucket/results');
    expect(message).toContain('rank 9 (3 attempts)');
    expect(message).toContain('and 4990 more');
    expect(JSON.stringify({ message, stack }).length).toBeLessThan(causeLimit);
  });
});
