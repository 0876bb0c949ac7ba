import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseXml, xmlDocument } from '../../../local/s3/xml.js';

it('reads back the text that it wrote, whatever it is', () => {
  // XML itself turns a carriage return into a line feed only where it stands bare; it is written as a reference.
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      expect(parseXml(xmlDocument('Root', { Value: text }))).toEqual({ Root: { Value: text } });
    }),
  );
});

it('reads repeated elements as lists, even of one', () => {
  expect(parseXml('<Delete><Object><Key> a </Key></Object>\n<Quiet>true</Quiet></Delete>')).toEqual({
    Delete: { Object: [{ Key: ' a ' }], Quiet: 'true' },
  });
});

describe('documents that are refused', () => {
  it.each([
    '',
    'text',
    '<a><b></a>',
    '<a>&unknown;</a>',
    '<a>&constructor;</a>',
    '<a>&amp</a>',
    '<a>&#x110000;</a>',
    '<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>',
    '<a><![CDATA[b]]></a>',
  ])('%s', (text) => {
    expect(() => parseXml(text)).toThrow(expect.objectContaining({ code: 'MalformedXML' }));
  });
});
