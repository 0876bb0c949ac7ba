/** The page's colours by name; a drawing names them as `var(--name)`. */
export interface Palette {
  readonly page: string;
  readonly panel: string;
  readonly text: string;
  readonly muted: string;
  readonly rule: string;
  readonly accent: string;
  readonly bad: string;
  readonly good: string;
  readonly note: string;
  readonly init: string;
  readonly download: string;
  readonly decode: string;
  readonly inference: string;
  readonly collectives: string;
  readonly upload: string;
}

export type ColorScheme = 'light' | 'dark';

export const palettes: Readonly<Record<ColorScheme, Palette>> = {
  light: {
    page: '#fbfbf9',
    panel: '#ffffff',
    text: '#1b2330',
    muted: '#667085',
    rule: '#e6e6e1',
    accent: '#3f63d6',
    bad: '#c8453b',
    good: '#2c7d57',
    note: '#9a6a12',
    init: '#98a2b3',
    download: '#2f9c95',
    decode: '#8cc29a',
    inference: '#3f63d6',
    collectives: '#dd9a2e',
    upload: '#a565b5',
  },
  dark: {
    page: '#12161d',
    panel: '#181d26',
    text: '#e7eaf0',
    muted: '#98a2b3',
    rule: '#2a313d',
    accent: '#7c98f5',
    bad: '#ef7d72',
    good: '#62c494',
    note: '#dfb05f',
    init: '#7d8798',
    download: '#45b8b0',
    decode: '#79b089',
    inference: '#7390f2',
    collectives: '#e3aa4d',
    upload: '#bd84cb',
  },
};

/** A palette as CSS custom properties. */
export const customProperties = (palette: Palette): string =>
  Object.entries(palette)
    .map(([name, color]) => `--${name}: ${color};`)
    .join(' ');

/** Puts colours in the place of the names, for programs that know no custom properties. */
export const inPalette = (markup: string, palette: Palette): string =>
  Object.entries(palette).reduce((text, [name, color]) => text.replaceAll(`var(--${name})`, color), markup);
