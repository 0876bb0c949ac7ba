import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { escapeXml, writeXml, type XmlChildren, xmlDeclaration } from '../xml.js';
import { S3Error } from './errors.js';

const namespace = 'http://s3.amazonaws.com/doc/2006-03-01/';

/** A document in the namespace of S3; text instead of elements for one that has none. */
export function xmlDocument(root: string, content: XmlChildren | string): string {
  const inner = typeof content === 'string' ? escapeXml(content) : writeXml(content);
  return `${xmlDeclaration}<${root} xmlns="${namespace}">${inner}</${root}>`;
}

/** The error document, which S3 writes without a namespace. */
export function xmlErrorDocument(children: XmlChildren): string {
  return `${xmlDeclaration}<Error>${writeXml(children)}</Error>`;
}

const repeated = new Set(['Object', 'Part', 'Tag']);
const parser = new XMLParser({
  ignoreAttributes: true,
  ignoreDeclaration: true,
  removeNSPrefix: true,
  parseTagValue: false,
  trimValues: false,
  // Decoded below instead: the parser drops references to control characters, which would name another key.
  processEntities: false,
  cdataPropName: '#cdata',
  isArray: (name) => repeated.has(name),
});

/**
 * Reads a request document into plain objects: text as strings, `Object`, `Part` and `Tag` as arrays.
 *
 * @throws S3Error MalformedXML
 */
export function parseXml(text: string): unknown {
  if (XMLValidator.validate(text) !== true || /<!DOCTYPE|<!\[CDATA\[/.test(text)) throw new S3Error('MalformedXML');
  return decodeTree(parser.parse(text));
}

function decodeTree(node: unknown): unknown {
  if (typeof node === 'string') return decodeReferences(node);
  if (Array.isArray(node)) return node.map(decodeTree);
  if (typeof node !== 'object' || node === null) return node;
  const entries = Object.entries(node).filter(([name]) => name !== '#text');
  return Object.fromEntries(entries.map(([name, value]) => [name, decodeTree(value)]));
}

const named = new Map([
  ['amp', '&'],
  ['lt', '<'],
  ['gt', '>'],
  ['quot', '"'],
  ['apos', "'"],
]);

function decodeReferences(text: string): string {
  return text.replace(/&([^;&]*;?)/g, (_, reference: string) => {
    const code = /^#(?:(\d{1,7})|x([0-9a-f]{1,6}));$/i.exec(reference);
    const point = code ? Number.parseInt(code[1] ?? code[2], code[1] ? 10 : 16) : undefined;
    if (point !== undefined && point <= 0x10ffff) return String.fromCodePoint(point);
    const character = reference.endsWith(';') ? named.get(reference.slice(0, -1)) : undefined;
    if (character === undefined) throw new S3Error('MalformedXML');
    return character;
  });
}
