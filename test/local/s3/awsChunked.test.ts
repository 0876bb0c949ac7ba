import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AwsChunkedDecoder } from '../../../local/s3/awsChunked.js';

function encode(chunks: Uint8Array[], trailers: Record<string, string>, signed: boolean): Buffer {
  const extension = signed ? `;chunk-signature=${'a'.repeat(64)}` : '';
  const framed = [...chunks.filter((chunk) => chunk.length > 0)].flatMap((chunk) => [
    Buffer.from(`${chunk.length.toString(16)}${extension}\r\n`),
    chunk,
    Buffer.from('\r\n'),
  ]);
  const tail = Object.entries(trailers).map(([name, value]) => `${name}:${value}\r\n`);
  return Buffer.concat([...framed, Buffer.from(`0${extension}\r\n${tail.join('')}\r\n`)]);
}

function decode(decoder: AwsChunkedDecoder, wire: Buffer, cuts: number[]): Buffer {
  const edges = [0, ...cuts.map((cut) => cut % (wire.length + 1)).sort((a, b) => a - b), wire.length];
  const data: Buffer[] = [];
  for (let at = 1; at < edges.length; at++) data.push(...decoder.decode(wire.subarray(edges[at - 1], edges[at])));
  return Buffer.concat(data);
}

it('yields the data and the trailers, however the wire is cut', () => {
  const chunks = fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 6 });
  const trailers = fc.constantFrom<Record<string, string>>(
    {},
    { 'x-amz-checksum-crc32': 'AAAAAA==', 'X-Amz-Trailer-Signature': 'ab' },
  );
  fc.assert(
    fc.property(
      chunks,
      trailers,
      fc.boolean(),
      fc.array(fc.nat(), { maxLength: 12 }),
      (chunks, trailers, signed, cuts) => {
        const decoder = new AwsChunkedDecoder();
        expect(decode(decoder, encode(chunks, trailers, signed), cuts)).toEqual(Buffer.concat(chunks));
        expect(decoder.isComplete).toBe(true);
        const expected = Object.entries(trailers).map(([name, value]) => [name.toLowerCase(), value]);
        expect([...decoder.trailers]).toEqual(expected);
      },
    ),
  );
});

it('is not complete when the wire ends early, wherever that is', () => {
  const wire = encode([Buffer.from('hello')], { 'x-amz-checksum-crc32': 'AAAAAA==' }, true);
  for (let length = 0; length < wire.length; length++) {
    const decoder = new AwsChunkedDecoder();
    decode(decoder, wire.subarray(0, length), []);
    expect(decoder.isComplete).toBe(false);
  }
});

describe('malformed bodies', () => {
  it.each([
    ['a size that is no number', 'xyz\r\n'],
    ['a negative size', '-1\r\n'],
    ['a size beyond all bounds', `${'f'.repeat(14)}\r\n`],
    ['data longer than its chunk', '2\r\nabc\r\n0\r\n\r\n'],
    ['a trailer without a colon', '0\r\nabc\r\n\r\n'],
    ['bytes behind the end', '0\r\n\r\nx\r\n'],
    ['an endless line', 'a'.repeat(5000)],
    ['too many trailers', `0\r\n${Array.from({ length: 17 }, (_, at) => `t${at}:v\r\n`).join('')}\r\n`],
  ])('refuses %s', (_, wire) => {
    expect(() => decode(new AwsChunkedDecoder(), Buffer.from(wire), [])).toThrow(
      expect.objectContaining({ code: 'InvalidRequest' }),
    );
  });
});
