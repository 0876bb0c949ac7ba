import { describe, expect, it } from 'vitest';
import { refuseContradictions } from '../../../cli/cost/costOptions.js';

describe('options of muster cost', () => {
  it.each([
    {},
    { run: 'a' },
    { since: 1, function: 'f' },
    { since: 1, logGroup: 'g' },
    { logFile: 'x.log', csv: true as const },
    { nodes: [20], spotPrice: 0.1 },
  ])('may be %j', (options) => expect(() => refuseContradictions(options)).not.toThrow());

  it('are refused with every contradiction at once', () => {
    const refuse = () =>
      refuseContradictions({ run: 'a', function: 'f', logFile: 'x', nodes: [2], csv: true, json: true });
    const faults = [
      '--run and --function and --log-file',
      'needs --since',
      '--nodes needs --node-price',
      '--csv and --json',
    ];
    for (const fault of faults) expect(refuse).toThrow(fault);
    expect(() => refuseContradictions({ function: 'f' })).toThrow('--function needs --since');
    expect(() => refuseContradictions({ run: 'a', since: 1 })).toThrow('--since needs --function or --log-group');
  });
});
