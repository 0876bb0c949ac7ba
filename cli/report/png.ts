import { createRequire } from 'node:module';
import { Resvg } from '@resvg/resvg-js';

const require = createRequire(import.meta.url);

/** Pixels of the picture for each CSS pixel of the drawing. */
const density = 2;

/** Turns an SVG into a PNG. The font comes along, so that text is there and the same on every machine. */
export function pngOf(svg: string): Uint8Array {
  const fontFiles = [
    require.resolve('dejavu-fonts-ttf/ttf/DejaVuSans.ttf'),
    require.resolve('dejavu-fonts-ttf/ttf/DejaVuSans-Bold.ttf'),
  ];
  const picture = new Resvg(svg, {
    fitTo: { mode: 'zoom', value: density },
    font: { loadSystemFonts: false, fontFiles, defaultFontFamily: 'DejaVu Sans' },
  });
  return picture.render().asPng();
}
