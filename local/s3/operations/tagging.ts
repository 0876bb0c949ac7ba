import type { Operation, OperationContext } from '../operation.js';
import type { Reply } from '../reply.js';
import type { S3Request } from '../request.js';
import { parseTaggingDocument } from '../tags.js';
import { parseXml, xmlDocument } from '../xml.js';

async function getObjectTagging(request: S3Request, reply: Reply, { store }: OperationContext): Promise<void> {
  const { tags } = store.bucket(request.bucket).object(request.key).manifest.description;
  reply.document(
    xmlDocument('Tagging', { TagSet: { Tag: tags.map(({ key, value }) => ({ Key: key, Value: value })) } }),
  );
}

async function putObjectTagging(request: S3Request, reply: Reply, { store }: OperationContext): Promise<void> {
  const bucket = store.bucket(request.bucket);
  await bucket.retag(request.key, parseTaggingDocument(parseXml(await request.document())));
  reply.empty(200);
}

async function deleteObjectTagging(request: S3Request, reply: Reply, { store }: OperationContext): Promise<void> {
  await store.bucket(request.bucket).retag(request.key, []);
  reply.empty(204);
}

const target = { resource: 'object', marker: 'tagging' } as const;

export const taggingOperations: readonly Operation[] = [
  { name: 'GetObjectTagging', method: 'GET', ...target, run: getObjectTagging },
  { name: 'PutObjectTagging', method: 'PUT', ...target, run: putObjectTagging },
  { name: 'DeleteObjectTagging', method: 'DELETE', ...target, run: deleteObjectTagging },
];
