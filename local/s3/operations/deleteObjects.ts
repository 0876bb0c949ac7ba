import { z } from 'zod';
import { messageOf } from '../../../run/errors.js';
import type { XmlChildren } from '../../xml.js';
import { S3Error } from '../errors.js';
import type { Operation, OperationContext } from '../operation.js';
import type { Reply } from '../reply.js';
import { readDocument, type S3Request } from '../request.js';
import type { Bucket } from '../store/bucket.js';
import { requireKeyLength } from '../target.js';
import { parseXml, xmlDocument } from '../xml.js';

const maxKeys = 1000;

const itemSchema = z.object({
  Key: z.string().min(1),
  ETag: z.string().optional(),
  VersionId: z.string().optional(),
  LastModifiedTime: z.string().optional(),
  Size: z.string().optional(),
});
type Item = z.infer<typeof itemSchema>;

const deleteSchema = z.object({
  Delete: z.object({
    Object: z.array(itemSchema).min(1).max(maxKeys),
    Quiet: z.enum(['true', 'false']).default('false'),
  }),
});

async function deleteObject(request: S3Request, reply: Reply, { store }: OperationContext): Promise<void> {
  await store.bucket(request.bucket).delete(request.key, { ifMatch: request.headers.get('if-match') });
  reply.empty(204);
}

async function deleteObjects(request: S3Request, reply: Reply, { store }: OperationContext): Promise<void> {
  const bucket = store.bucket(request.bucket);
  const payload = request.payload();
  if (!payload.contentMd5 && !payload.checksum) {
    throw new S3Error('InvalidRequest', {
      message: 'Missing required header for this request: Content-MD5 OR x-amz-checksum-*',
    });
  }
  const parsed = deleteSchema.safeParse(parseXml(await readDocument(payload)));
  if (!parsed.success) throw new S3Error('MalformedXML', { cause: parsed.error });
  const { Object: items, Quiet } = parsed.data.Delete;
  const results = await Promise.all(items.map((item) => deleteItem(bucket, item)));
  const deleted = results.filter(({ error }) => !error).map(({ item }) => ({ Key: item.Key }));
  const failed = results.flatMap(({ item, error }): XmlChildren[] => {
    return error ? [{ Key: item.Key, Code: error.code, Message: error.message }] : [];
  });
  reply.document(xmlDocument('DeleteResult', { Deleted: Quiet === 'true' ? [] : deleted, Error: failed }));
}

async function deleteItem(bucket: Bucket, item: Item): Promise<{ item: Item; error?: S3Error }> {
  try {
    const condition = (['VersionId', 'LastModifiedTime', 'Size'] as const).find((name) => item[name] !== undefined);
    if (condition) {
      throw new S3Error('NotImplemented', { message: `The local S3 does not implement deleting by ${condition}.` });
    }
    requireKeyLength(item.Key);
    await bucket.delete(item.Key, { ifMatch: item.ETag });
    return { item };
  } catch (error) {
    if (error instanceof S3Error) return { item, error };
    return { item, error: new S3Error('InternalError', { message: messageOf(error), cause: error }) };
  }
}

export const deleteOperations: readonly Operation[] = [
  { name: 'DeleteObject', method: 'DELETE', resource: 'object', run: deleteObject },
  { name: 'DeleteObjects', method: 'POST', resource: 'bucket', marker: 'delete', run: deleteObjects },
];
