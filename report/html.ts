/** Markup that needs no escaping any more. */
export class SafeHtml {
  readonly #markup: string;

  constructor(markup: string) {
    this.#markup = markup;
  }

  toString(): string {
    return this.#markup;
  }
}

/** What a template takes: text and numbers are escaped, markup is not, null and undefined are nothing. */
export type HtmlValue = SafeHtml | string | number | null | undefined | readonly HtmlValue[];

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Text made harmless for element content and quoted attributes. */
const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (character) => entities[character]);

function markupOf(value: HtmlValue): string {
  if (value === null || value === undefined) return '';
  if (value instanceof SafeHtml) return value.toString();
  if (typeof value === 'string' || typeof value === 'number') return escapeHtml(String(value));
  return value.map(markupOf).join('');
}

/**
 * Template for markup; every value is escaped unless it is markup itself.
 *
 * @example
 * html`<p>${'<script>'}</p>`.toString(); // '<p>&lt;script&gt;</p>'
 */
export function html(strings: TemplateStringsArray, ...values: readonly HtmlValue[]): SafeHtml {
  return new SafeHtml(strings.reduce((markup, text, index) => markup + markupOf(values[index - 1]) + text));
}

/** Takes markup as it stands. Only for what a library of this room drew, never for text from outside. */
export const trusted = (markup: string): SafeHtml => new SafeHtml(markup);
