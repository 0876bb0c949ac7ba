import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LiveRegion } from '../../../cli/terminal/liveRegion.js';

const esc = String.fromCharCode(27);
const tokenPattern = new RegExp(`${esc}\\[\\??\\d*[A-Za-z]|[\\s\\S]`, 'g');
const cursorUpPattern = new RegExp(`^${esc}\\[(\\d+)A$`);

/** What a terminal shows after a stream of text, as far as the region's control sequences go. */
function screenAfter(text: string): string[] {
  const lines: string[] = [''];
  let row = 0;
  for (const token of text.match(tokenPattern) ?? []) {
    const up = cursorUpPattern.exec(token);
    if (up) row -= Number(up[1]);
    else if (token === `${esc}[J`) lines.splice(row, lines.length - row, '');
    else if (token === '\n') {
      row++;
      if (row === lines.length) lines.push('');
    } else if (!token.startsWith(esc) && token !== '\r') lines[row] += token;
  }
  return lines.slice(0, -1);
}

function record() {
  let text = '';
  const region = new LiveRegion({ write: (piece) => (text += piece) });
  return { region, screen: () => screenAfter(text), text: () => text };
}

describe('live region', () => {
  it('always shows the last drawing alone, below what was printed above it', () => {
    const line = fc.string({ unit: fc.constantFrom('a', 'b', ' ', '█'), maxLength: 10 });
    const step = fc.oneof(
      fc.record({ draw: fc.array(line, { minLength: 1, maxLength: 4 }) }),
      fc.record({ print: line }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
        const { region, screen } = record();
        const printed: string[] = [];
        let drawn: string[] = [];
        for (const each of steps) {
          if ('draw' in each) {
            region.draw(each.draw);
            drawn = each.draw;
          } else {
            region.printAbove(each.print);
            printed.push(each.print);
          }
        }
        expect(screen()).toEqual([...printed, ...drawn]);
      }),
    );
  });

  it('writes nothing when nothing has changed', () => {
    const { region, text } = record();
    region.draw(['same']);
    const before = text();
    region.draw(['same']);
    expect(text()).toBe(before);
  });

  it('gives the cursor back', () => {
    const { region, screen, text } = record();
    region.draw(['a', 'b']);
    region.clear();
    expect(screen()).toEqual([]);
    expect(text().endsWith(`${esc}[?25h`)).toBe(true);
  });
});
