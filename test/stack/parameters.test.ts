import { expect, it } from 'vitest';
import { StackSettingError } from '../../stack/plugin/errors.js';
import { checkParameters } from '../../stack/plugin/parameters.js';

const check = (param: string[] | undefined, stage: object) =>
  checkParameters({
    processedInput: { options: { param } },
    configurationInput: { params: { default: { executorMemoryMb: 1769, bucket: '' }, prod: stage } },
  });

it('takes parameters that have a default, and those that need none', () => {
  expect(() => check(undefined, {})).not.toThrow();
  expect(() => check(['executorMemoryMb=3538', 'bucket=a=b'], { reservedConcurrency: 100 })).not.toThrow();
});

it('refuses every other, naming it, where it was given, and what there is', () => {
  const refused = () => check(['executorMemoryMB=2000', 'bucket=mine'], { buckets: 'mine' });
  expect(refused).toThrow(StackSettingError);
  expect(refused).toThrow(
    '--param: there is no parameter executorMemoryMB; params.prod: there is no parameter buckets',
  );
  expect(refused).toThrow('known are bucket, executorMemoryMb, rendezvousSecret, rendezvousUrl, reservedConcurrency');
});
