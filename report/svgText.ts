import { html, type SafeHtml } from './html.js';

/** How a line of text of a picture looks. */
export interface TextStyle {
  /** In CSS pixels. */
  readonly size: number;
  readonly fill: string;
  readonly bold?: boolean;
  readonly anchor?: 'start' | 'end';
}

/** One line of text; `y` is its baseline. */
export const svgText = (x: number, y: number, text: string, { size, fill, bold, anchor }: TextStyle): SafeHtml =>
  html`<text x="${x}" y="${y}" font-size="${size}" fill="${fill}" font-weight="${bold ? 700 : 400}" text-anchor="${anchor ?? 'start'}">${text}</text>`;

/** Breaks text at blanks into lines of at most so many characters; a longer word stands alone. */
export function wrapText(text: string, columns: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines[lines.length - 1];
    if (last !== undefined && last.length + 1 + word.length <= columns) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}
