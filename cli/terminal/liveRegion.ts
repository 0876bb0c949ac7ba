import type { TextStream } from './terminal.js';

const cursorUp = (lines: number): string => (lines > 0 ? `\u001b[${lines}A` : '');
const eraseBelow = '\u001b[J';
const wrapOff = '\u001b[?7l';
const wrapOn = '\u001b[?7h';
const cursorHide = '\u001b[?25l';
const cursorShow = '\u001b[?25h';

/**
 * A few lines at the bottom of a terminal that are redrawn in place. Lines that are too long are cut off by the
 * terminal, because a wrapped one would spoil the redraw.
 */
export class LiveRegion {
  readonly #stream: TextStream;
  #drawnLines = 0;
  #drawnText = '';

  constructor(stream: TextStream) {
    this.#stream = stream;
  }

  draw(lines: readonly string[]): void {
    const text = lines.map((line) => `${line}\n`).join('');
    if (text === this.#drawnText) return;
    this.#stream.write(`${cursorHide}${wrapOff}\r${cursorUp(this.#drawnLines)}${eraseBelow}${text}${wrapOn}`);
    this.#drawnLines = lines.length;
    this.#drawnText = text;
  }

  /** Writes a line above the region, where it stays. */
  printAbove(line: string): void {
    const text = this.#drawnText;
    this.#stream.write(`\r${cursorUp(this.#drawnLines)}${eraseBelow}${line}\n${wrapOff}${text}${wrapOn}`);
  }

  /** Takes the region away and gives the cursor back. */
  clear(): void {
    this.#stream.write(`\r${cursorUp(this.#drawnLines)}${eraseBelow}${cursorShow}`);
    this.#drawnLines = 0;
    this.#drawnText = '';
  }

  /** Leaves the last drawing where it is and gives the cursor back. */
  keep(): void {
    this.#stream.write(cursorShow);
    this.#drawnLines = 0;
    this.#drawnText = '';
  }
}
