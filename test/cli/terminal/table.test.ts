import pc from 'picocolors';
import { describe, expect, it } from 'vitest';
import { facts, table } from '../../../cli/terminal/table.js';

const plain = pc.createColors(false);

describe('table', () => {
  it('aligns columns two blanks apart', () => {
    const text = table(
      [{ heading: 'rank', align: 'right' }, { heading: 'cause' }],
      [
        ['3', 'lost'],
        ['12', 'timed out'],
      ],
      plain,
    );
    expect(text.split('\n')).toEqual(['  rank  cause', '     3  lost', '    12  timed out']);
  });

  it('sets names and values under each other', () => {
    const entries = [
      ['MAE', '0.01'],
      ['outliers', '2 %'],
    ] as const;
    expect(facts(entries, plain).split('\n')).toEqual(['  MAE       0.01', '  outliers  2 %']);
  });
});
