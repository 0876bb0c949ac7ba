import { randomBytes } from 'node:crypto';
import { mkdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { GetObjectCommand, HeadObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TransferError, UnreadableInputError, UsageError } from '../../../cli/errors.js';
import { downloadFile } from '../../../cli/transfer/downloadFile.js';
import { downloadItems, pathBelow } from '../../../cli/transfer/downloadItems.js';
import { type ChecksumName, fileChecksum } from '../../../cli/transfer/fileChecksum.js';
import { isSameContent } from '../../../cli/transfer/remoteCopy.js';
import { s3Place } from '../../../cli/transfer/s3Place.js';
import { transferAll } from '../../../cli/transfer/transferAll.js';
import { partBytes, uploadFile } from '../../../cli/transfer/uploadFile.js';
import { uploadItems } from '../../../cli/transfer/uploadSources.js';
import { ObjectNotFoundError } from '../../../storage/errors.js';
import { type EmbeddedS3, startEmbeddedS3 } from '../../embeddedS3.js';
import { temporaryFolder } from '../temporaryFolder.js';

let s3: EmbeddedS3;
beforeAll(async () => {
  s3 = await startEmbeddedS3();
});
afterAll(() => s3.close());

const signal = new AbortController().signal;

describe('what is uploaded', () => {
  async function tree(): Promise<string> {
    const folder = await temporaryFolder();
    await mkdir(join(folder, 'sub'));
    await writeFile(join(folder, '1.pt'), 'one');
    await writeFile(join(folder, 'sub', '2.pt'), 'two!');
    await symlink(join(folder, '1.pt'), join(folder, 'link.pt'));
    await symlink(join(folder, 'sub'), join(folder, 'linked-folder'));
    return folder;
  }

  it('is every file of a folder, with its path below the prefix', async () => {
    const items = await uploadItems([await tree()], 'surveys/mine/');
    expect(items.map(({ key, size }) => [key, size])).toEqual([
      ['surveys/mine/1.pt', 3],
      ['surveys/mine/link.pt', 3],
      ['surveys/mine/sub/2.pt', 4],
    ]);
  });

  it('is a file with its name, also to the root of a bucket', async () => {
    const folder = await tree();
    expect((await uploadItems([join(folder, '1.pt')], '')).map(({ key }) => key)).toEqual(['1.pt']);
  });

  it('cannot be two files under one key', async () => {
    const folder = await tree();
    await expect(uploadItems([folder, join(folder, '1.pt')], 'p')).rejects.toThrow(UsageError);
  });

  it('must be there', async () => {
    await expect(uploadItems(['/nowhere/at/all'], 'p')).rejects.toThrow(UnreadableInputError);
  });

  it('goes to an S3 address', () => {
    expect(s3Place('s3://b/a/b/')).toEqual({ bucket: 'b', prefix: 'a/b' });
    expect(s3Place('s3://b')).toEqual({ bucket: 'b', prefix: '' });
    expect(() => s3Place('b/a')).toThrow(UsageError);
  });

  it('comes in parts that S3 allows', () => {
    expect(partBytes(1)).toBe(8 << 20);
    const size = 5 * 2 ** 40;
    expect(Math.ceil(size / partBytes(size))).toBeLessThanOrEqual(10_000);
  });
});

describe('up and down', () => {
  it.each([
    ['nothing', 0],
    ['a small file', 1_000],
    ['a file of several parts', 20 * 2 ** 20 + 1],
  ])('%s comes back as it was', async (name, size) => {
    const folder = await temporaryFolder();
    const path = join(folder, 'file');
    const key = `up/${name.replaceAll(' ', '-')}`;
    const content = randomBytes(size);
    await writeFile(path, content);
    let sent = 0;
    await uploadFile(s3.client, s3.bucket, { path, key, size }, (delta) => (sent += delta), signal);
    expect(sent).toBe(size);
    expect(await isSameContent(s3.client, { path, size, bucket: s3.bucket, key }, signal)).toBe(true);

    const back = join(folder, 'deep', 'er', 'back');
    let received = 0;
    await downloadFile(s3.client, s3.bucket, { key, path: back, size }, (delta) => (received += delta), signal);
    expect(received).toBe(size);
    expect((await readFile(back)).equals(content)).toBe(true);
  });

  it('knows the checksum that S3 keeps', async () => {
    const path = join(await temporaryFolder(), 'file');
    await writeFile(path, '123456789');
    // The check values of the two CRCs.
    const hex = async (name: ChecksumName) => Buffer.from(await fileChecksum(path, name), 'base64').toString('hex');
    expect(await hex('CRC64NVME')).toBe('ae8b14860a799888');
    expect(await hex('CRC32')).toBe('cbf43926');
    await uploadFile(s3.client, s3.bucket, { path, key: 'check', size: 9 }, () => {}, signal);
    const head = new HeadObjectCommand({ Bucket: s3.bucket, Key: 'check', ChecksumMode: 'ENABLED' });
    expect((await s3.client.send(head)).ChecksumCRC64NVME).toBe(await fileChecksum(path, 'CRC64NVME'));
  });

  it('sees a difference in content and in size, and an object that is not there', async () => {
    const path = join(await temporaryFolder(), 'file');
    const same = () => isSameContent(s3.client, { path, size: 3, bucket: s3.bucket, key: 'differs' }, signal);
    await writeFile(path, 'one');
    expect(await same()).toBe(false);
    await uploadFile(s3.client, s3.bucket, { path, key: 'differs', size: 3 }, () => {}, signal);
    expect(await same()).toBe(true);
    await writeFile(path, 'two');
    expect(await same()).toBe(false);
  });

  it('knows objects by the checksum that the SDK sends of itself', async () => {
    const path = join(await temporaryFolder(), 'file');
    await writeFile(path, 'one');
    await s3.store().put(s3.bucket, 'by-sdk', 'one');
    expect(await isSameContent(s3.client, { path, size: 3, bucket: s3.bucket, key: 'by-sdk' }, signal)).toBe(true);
    await s3.store().put(s3.bucket, 'by-sdk', 'two');
    expect(await isSameContent(s3.client, { path, size: 3, bucket: s3.bucket, key: 'by-sdk' }, signal)).toBe(false);
  });

  it('leaves nothing of a download that fails', async () => {
    const folder = await temporaryFolder();
    const path = join(folder, 'file');
    await s3.store().put(s3.bucket, 'short', 'abc');
    let received = 0;
    const item = { key: 'short', path, size: 4 };
    await expect(downloadFile(s3.client, s3.bucket, item, (delta) => (received += delta), signal)).rejects.toThrow(
      'asked for 4 bytes and got 3 bytes',
    );
    expect(received).toBe(0);
    await expect(stat(path)).rejects.toThrow('ENOENT');
    await rm(folder, { recursive: false }).catch(() => {});
  });

  it('stops in the middle and leaves no object', async () => {
    const path = join(await temporaryFolder(), 'file');
    const size = 40 * 2 ** 20;
    await writeFile(path, Buffer.alloc(size));
    const controller = new AbortController();
    const stopAtFirstBytes = () => controller.abort(new Error('Ctrl-C'));
    await expect(
      uploadFile(s3.client, s3.bucket, { path, key: 'stopped', size }, stopAtFirstBytes, controller.signal),
    ).rejects.toThrow();
    await expect(s3.client.send(new GetObjectCommand({ Bucket: s3.bucket, Key: 'stopped' }))).rejects.toThrow();
  });
});

describe('what is downloaded', () => {
  it('is what lies under the prefix, and not under a longer one', async () => {
    for (const key of ['r/run1/a.json', 'r/run1/p/1.npy', 'r/run10/a.json', 'r/run1/folder/'])
      await s3.store().put(s3.bucket, key, 'x');
    const items = await downloadItems(s3.client, { bucket: s3.bucket, prefix: 'r/run1' }, 'out', signal);
    expect(items.map(({ path, size }) => [path, size])).toEqual([
      [join('out', 'a.json'), 1],
      [join('out', 'p', '1.npy'), 1],
    ]);
  });

  it('is one object when the address names one', async () => {
    await s3.store().put(s3.bucket, 'one/summary.json', '{}');
    const items = await downloadItems(s3.client, { bucket: s3.bucket, prefix: 'one/summary.json' }, 'out', signal);
    expect(items).toEqual([{ key: 'one/summary.json', path: join('out', 'summary.json'), size: 2 }]);
  });

  it('must be there', async () => {
    await expect(downloadItems(s3.client, { bucket: s3.bucket, prefix: 'no' }, 'out', signal)).rejects.toThrow(
      ObjectNotFoundError,
    );
  });

  it.each(['../x', 'a/../../x', '/etc/passwd', '', '.', 'a/..', 'a\0b'])('cannot leave the folder: "%s"', (key) => {
    expect(() => pathBelow('out', key)).toThrow(UsageError);
  });

  it('may have names with dots', () => {
    expect(pathBelow('out', 'a/..b/c..d')).toBe(join('out', 'a', '..b', 'c..d'));
  });
});

describe('many files', () => {
  const items = Array.from({ length: 9 }, (_, index) => ({ name: `f${index}`, size: 10 }));

  it('are counted', async () => {
    const counts = await transferAll(
      items,
      'uploaded',
      ({ name }) => name,
      async ({ name }) => (name < 'f3' ? 'skipped' : 'copied'),
      signal,
    );
    expect(counts).toEqual({ copied: 6, skipped: 3, bytes: 60 });
  });

  it('go on without the ones that fail, which are all named', async () => {
    const done: string[] = [];
    const transfer = transferAll(
      items,
      'uploaded',
      ({ name }) => name,
      async ({ name }) => {
        if (name === 'f1' || name === 'f7') throw new Error(`${name} is broken`);
        done.push(name);
        return 'copied';
      },
      signal,
    );
    await expect(transfer).rejects.toThrow(TransferError);
    await expect(transfer).rejects.toThrow(/2 of the files[\s\S]*f1: f1 is broken[\s\S]*f7: f7 is broken/);
    expect(done).toHaveLength(7);
  });

  it('end with the reason of an interruption', async () => {
    const aborted = AbortSignal.abort(new Error('Ctrl-C'));
    await expect(transferAll(items, 'uploaded', String, async () => 'copied', aborted)).rejects.toThrow('Ctrl-C');
  });
});
