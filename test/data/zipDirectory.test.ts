import { deflateRawSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { streamBatches, tensorContent, writeNpz } from '../../data/index.js';
import { writePt } from '../../data/write/torch.js';
import { bitsOf, collect, failureOf, openBytes, readAll } from './fixtureFile.js';

const tensor = { dtype: 'float32', shape: [3, 2], data: Float32Array.of(1, 2, 3, 4, 5, 6) } as const;
const array = tensorContent('0', tensor);

const DIRECTORY_ENTRY = Buffer.from('PK\x01\x02', 'latin1');
const END = Buffer.from('PK\x05\x06', 'latin1');
const ZIP64_END = Buffer.from('PK\x06\x06', 'latin1');

/** A good zip of one array, after a change to its bytes. */
async function changed(change: (bytes: Buffer, directory: number, end: number) => void, zip64From?: number) {
  const bytes = await collect(writePt([array], { zip64From }).content);
  change(bytes, bytes.indexOf(DIRECTORY_ENTRY), bytes.indexOf(END));
  return bytes;
}

describe('a zip', () => {
  it.each([0, 1, 100, 2 ** 32 - 1])('reads with ZIP64 from %i bytes on', async (zip64From) => {
    const bytes = await collect(writePt([array], { zip64From }).content);

    expect(bytes.includes(ZIP64_END)).toBe(zip64From < 1000);
    expect((await readAll(await openBytes(bytes))).map(bitsOf)).toEqual([bitsOf(tensor)]);
  });

  it('reads with a comment, even one that looks like a directory', async () => {
    const good = await collect(writePt([array]).content);
    const comment = Buffer.concat([END, Buffer.alloc(30)]);
    good.writeUInt16LE(comment.length, good.length - 2);

    expect(await readAll(await openBytes(Buffer.concat([good, comment])))).toEqual([tensor]);
  });

  it('takes a CRC of 0 as none, which is what torch writes when told not to compute it', async () => {
    const bytes = await changed((zip) => {
      for (let at = zip.indexOf(DIRECTORY_ENTRY); at >= 0; at = zip.indexOf(DIRECTORY_ENTRY, at + 1)) {
        zip.writeUInt32LE(0, at + 16);
      }
    });

    expect(await readAll(await openBytes(bytes))).toEqual([tensor]);
  });

  it.each<[string, string, RegExp, (bytes: Buffer, directory: number, end: number) => void]>([
    ['an encrypted entry', 'PARTITION_UNSUPPORTED', /encrypted/, (zip, at) => zip.writeUInt16LE(0x809, at + 8)],
    ['another compression', 'PARTITION_UNSUPPORTED', /method 12/, (zip, at) => zip.writeUInt16LE(12, at + 10)],
    ['a second disk', 'PARTITION_UNSUPPORTED', /several disks/, (zip, _, end) => zip.writeUInt16LE(1, end + 4)],
    ['a false stored size', 'PARTITION_CORRUPT', /stored bytes/, (zip, at) => zip.writeUInt32LE(7, at + 20)],
    [
      'a bomb',
      'PARTITION_CORRUPT',
      /ratio/,
      (zip, at) => {
        zip.writeUInt16LE(8, at + 10);
        zip.writeUInt32LE(0x7fffffff, at + 24);
      },
    ],
    ['overlapping entries', 'PARTITION_CORRUPT', /overlap/, (zip, at) => zip.fill(0x40, at + 20, at + 28)],
    ['an entry outside', 'PARTITION_CORRUPT', /overlap/, (zip, at) => zip.writeUInt32LE(0x7fffffff, at + 42)],
    [
      'no local header',
      'PARTITION_CORRUPT',
      /no local header/,
      (zip) => zip.writeUInt32LE(0, zip.indexOf('PK\x03\x04', 4)),
    ],
    ['a local header that runs over', 'PARTITION_CORRUPT', /overlap/, (zip) => zip.writeUInt16LE(60_000, 28)],
    ['a broken directory', 'PARTITION_CORRUPT', /broken zip directory at entry 1/, (zip, at) => zip.writeUInt8(0, at)],
    [
      'too many entries',
      'PARTITION_CORRUPT',
      /directory of 999 entries/,
      (zip, _, end) => zip.writeUInt16LE(999, end + 10),
    ],
    [
      'a directory past its end',
      'PARTITION_CORRUPT',
      /before its end/,
      (zip, _, end) => zip.writeUInt32LE(1e9, end + 12),
    ],
    [
      'ZIP64 figures without ZIP64',
      'PARTITION_CORRUPT',
      /without a ZIP64/,
      (zip, _, end) => zip.fill(0xff, end + 16, end + 20),
    ],
    ['a false checksum of the pickle', 'PARTITION_CHECKSUM', /data\.pkl/, (zip, at) => zip.writeUInt32LE(1, at + 16)],
  ])('with %s is refused', async (_, code, message, change) => {
    const failure = await failureOf(openBytes(await changed(change)));

    expect(failure).toMatchObject({ code });
    expect(String(failure)).toMatch(message);
  });

  it('with a ZIP64 locator that points nowhere is refused', async () => {
    const bytes = await changed((zip, _, end) => zip.writeBigUInt64LE(2n ** 63n, end - 12), 0);

    expect(await failureOf(openBytes(bytes))).toMatchObject({ code: 'PARTITION_CORRUPT' });
  });

  it('with two entries of one name is refused', async () => {
    const bytes = await changed((zip) => {
      for (let at = zip.indexOf('archive/version'); at >= 0; at = zip.indexOf('archive/version', at + 1)) {
        zip.write('archive/data/00', at);
      }
      for (let at = zip.indexOf('archive/byteorder'); at >= 0; at = zip.indexOf('archive/byteorder', at + 1)) {
        zip.write('archive/data/0000', at);
      }
    });
    const twice = await collect(writeNpz([tensorContent('a', tensor), tensorContent('b', tensor)]).content);
    for (let at = twice.indexOf('b.npy'); at >= 0; at = twice.indexOf('b.npy', at + 1)) twice.write('a', at);

    expect(await readAll(await openBytes(bytes))).toEqual([tensor]);
    expect(String(await failureOf(openBytes(twice)))).toMatch(/a\.npy: a second entry of that name/);
  });

  it('of something else is told apart', async () => {
    const bytes = await collect(writeNpz([array]).content);
    for (let at = bytes.indexOf('0.npy'); at >= 0; at = bytes.indexOf('0.npy', at + 1)) bytes.write('0.txt', at);

    const failure = await failureOf(openBytes(bytes));

    expect(failure).toMatchObject({ code: 'PARTITION_FORMAT_UNKNOWN' });
    expect(String(failure)).toMatch(/a zip that holds 0\.txt/);
  });
});

describe('the bytes of an array', () => {
  it('are checked against their CRC when all of them are read', async () => {
    for (const encoded of [writePt([array]), writeNpz([array])]) {
      const bytes = await collect(encoded.content);
      const at = bytes.indexOf(Buffer.from(tensor.data.buffer));
      bytes.writeUInt8(bytes.readUInt8(at + 5) ^ 0x10, at + 5);

      expect(await failureOf(readAll(await openBytes(bytes)))).toMatchObject({ code: 'PARTITION_CHECKSUM' });
      const unchecked = streamBatches(await openBytes(bytes), { arrays: ['0'], batchSize: 8, verify: false });
      expect((await unchecked.next()).value).toMatchObject({ count: 3 });
    }
  });

  it.each([
    ['ends early', (raw: Buffer) => raw.subarray(0, raw.length - 4)],
    ['is damaged', (raw: Buffer) => Buffer.concat([Buffer.of(7), raw.subarray(1)])],
  ])('are refused when their DEFLATE stream %s', async (_, damage) => {
    const npz = deflatedNpz(damage);

    expect(await failureOf(openBytes(npz).then(readAll))).toMatchObject({ code: 'PARTITION_CORRUPT' });
  });
});

/** A zip of one compressed `.npy`, put together by hand. */
function deflatedNpz(damage: (raw: Buffer) => Buffer): Buffer {
  const text = "{'descr': '<f4', 'fortran_order': False, 'shape': (6,), }\n";
  const npy = Buffer.concat([
    Buffer.from('\x93NUMPY\x01\x00', 'latin1'),
    Buffer.of(text.length, 0),
    Buffer.from(text),
    Buffer.from(tensor.data.buffer),
  ]);
  const raw = damage(deflateRawSync(npy));
  const common = Buffer.alloc(26);
  common.writeUInt16LE(20, 0);
  common.writeUInt16LE(8, 4);
  common.writeUInt32LE(raw.length, 14);
  common.writeUInt32LE(npy.length, 18);
  common.writeUInt16LE(5, 22);
  const local = Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), common, Buffer.from('a.npy'), raw]);
  const entry = Buffer.concat([DIRECTORY_ENTRY, Buffer.of(20, 0), common, Buffer.alloc(14), Buffer.from('a.npy')]);
  const end = Buffer.alloc(22);
  END.copy(end);
  end.writeUInt16LE(1, 8);
  end.writeUInt16LE(1, 10);
  end.writeUInt32LE(entry.length, 12);
  end.writeUInt32LE(local.length, 16);
  return Buffer.concat([local, entry, end]);
}
