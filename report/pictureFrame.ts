import { wideWidth } from './figure.js';
import { html } from './html.js';
import { type ColorScheme, inPalette, palettes } from './palette.js';
import { type Panel, placed } from './panel.js';

const margin = 40;

/** A picture as one SVG document, as wide as the page's charts with a margin, in colours that any program knows. */
export function pictureOf(title: string, content: Panel, scheme: ColorScheme): string {
  const width = wideWidth + 2 * margin;
  const height = Math.ceil(content.height + 2 * margin);
  const picture = html`<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="'DejaVu Sans', sans-serif" font-size="12">
<title>${title}</title>
<rect width="${width}" height="${height}" fill="var(--page)"/>
${placed(margin, margin, content.markup)}
</svg>
`;
  return inPalette(picture.toString(), palettes[scheme]);
}
