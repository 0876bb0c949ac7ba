/** Child elements by name; an array repeats its element, undefined leaves it out. */
export interface XmlChildren {
  [name: string]: XmlValue;
}
export type XmlValue = string | number | boolean | undefined | XmlChildren | readonly XmlValue[];

export const xmlDeclaration = '<?xml version="1.0" encoding="UTF-8"?>\n';

/** Elements one after the other. */
export function writeXml(children: XmlChildren): string {
  let text = '';
  for (const [name, value] of Object.entries(children)) text += writeElement(name, value);
  return text;
}

function writeElement(name: string, value: XmlValue): string {
  if (value === undefined) return '';
  if (isList(value)) return value.map((item) => writeElement(name, item)).join('');
  const content = typeof value === 'object' ? writeXml(value) : escapeXml(String(value));
  return `<${name}>${content}</${name}>`;
}

function isList(value: XmlValue): value is readonly XmlValue[] {
  return Array.isArray(value);
}

const special = new Map([
  ['&', '&amp;'],
  ['<', '&lt;'],
  ['>', '&gt;'],
  ['"', '&quot;'],
]);

/** Control characters become references, as S3 writes them; XML 1.0 knows no better way, hence `encoding-type=url`. */
export function escapeXml(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what must be escaped
  return text.replace(/[&<>"\u0000-\u001f\u007f\ufffe\uffff]/g, (character) => {
    return special.get(character) ?? `&#x${character.charCodeAt(0).toString(16)};`;
  });
}
