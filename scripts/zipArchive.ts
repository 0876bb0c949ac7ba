import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import yazl from 'yazl';

/** DOS time has no zone: these fields are the same wherever the archive is made. */
const timestamp = new Date(1980, 0, 1);
const readableByAll = 0o100644;

/** A zip whose bytes depend on nothing but names and contents of the files. They are stored in the order given. */
export async function zipArchive(files: readonly { path: string; bytes: Uint8Array }[]): Promise<Buffer> {
  const zip = new yazl.ZipFile();
  for (const { path, bytes } of files)
    zip.addBuffer(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength), path, {
      mtime: timestamp,
      forceDosTimestamp: true,
      mode: readableByAll,
    });
  zip.end();
  return buffer(Readable.from(zip.outputStream));
}
