import { z } from 'zod';
import { S3Error } from '../errors.js';
import type { Operation, OperationContext } from '../operation.js';
import type { Reply } from '../reply.js';
import { parseInteger, type S3Request } from '../request.js';
import { parseXml, xmlDocument } from '../xml.js';

/** Everything in the local cloud belongs to one account. */
export const owner = { ID: '6d75737465722d6c6f63616c2d636c6f75642d6f776e65722d30303030303030', DisplayName: 'muster' };

const locationSchema = z.object({
  CreateBucketConfiguration: z.union([z.strictObject({ LocationConstraint: z.string().optional() }), z.literal('')]),
});

async function listBuckets(request: S3Request, reply: Reply, { store, region }: OperationContext): Promise<void> {
  const prefix = request.query.get('prefix') ?? '';
  const limit = parseInteger('max-buckets', request.query.get('max-buckets') ?? '10000', { min: 1, max: 10_000 });
  const after = request.query.get('continuation-token') ?? '';
  const matching = store.buckets().filter(({ name }) => name.startsWith(prefix) && name > after);
  const page = matching.slice(0, limit);
  const xml = xmlDocument('ListAllMyBucketsResult', {
    Owner: owner,
    Buckets: {
      Bucket: page.map(({ name, createdMs }) => ({
        Name: name,
        CreationDate: new Date(createdMs).toISOString(),
        BucketRegion: region,
      })),
    },
    Prefix: prefix === '' ? undefined : prefix,
    ContinuationToken: matching.length > page.length ? page[page.length - 1].name : undefined,
  });
  reply.document(xml);
}

async function createBucket(request: S3Request, reply: Reply, { store, region }: OperationContext): Promise<void> {
  const name = request.bucket;
  const constraint = readLocation(await request.document());
  if (constraint !== undefined && constraint !== region) {
    throw new S3Error('IllegalLocationConstraintException', {
      message: `The ${constraint} location constraint is incompatible for the region specific endpoint this request was sent to. The local cloud is ${region}.`,
    });
  }
  const isNew = await store.createBucket(name);
  // Only in its oldest region does S3 let an owner create a bucket twice.
  if (!isNew && region !== 'us-east-1') throw new S3Error('BucketAlreadyOwnedByYou', { details: { BucketName: name } });
  reply.empty(200, { location: `/${name}` });
}

function readLocation(document: string): string | undefined {
  if (document === '') return undefined;
  const parsed = locationSchema.safeParse(parseXml(document));
  if (!parsed.success) throw new S3Error('MalformedXML', { cause: parsed.error });
  const configuration = parsed.data.CreateBucketConfiguration;
  return configuration === '' ? undefined : configuration.LocationConstraint;
}

async function headBucket(request: S3Request, reply: Reply, { store, region }: OperationContext): Promise<void> {
  store.bucket(request.bucket);
  reply.empty(200, { 'x-amz-bucket-region': region, 'content-type': 'application/xml' });
}

async function deleteBucket(request: S3Request, reply: Reply, { store }: OperationContext): Promise<void> {
  await store.deleteBucket(request.bucket);
  reply.empty(204);
}

async function getBucketLocation(request: S3Request, reply: Reply, { store, region }: OperationContext): Promise<void> {
  store.bucket(request.bucket);
  // The oldest region has no name here.
  reply.document(xmlDocument('LocationConstraint', region === 'us-east-1' ? '' : region));
}

export const bucketOperations: readonly Operation[] = [
  {
    name: 'ListBuckets',
    method: 'GET',
    resource: 'service',
    query: ['prefix', 'max-buckets', 'continuation-token'],
    run: listBuckets,
  },
  { name: 'CreateBucket', method: 'PUT', resource: 'bucket', run: createBucket },
  { name: 'HeadBucket', method: 'HEAD', resource: 'bucket', run: headBucket },
  { name: 'DeleteBucket', method: 'DELETE', resource: 'bucket', run: deleteBucket },
  { name: 'GetBucketLocation', method: 'GET', resource: 'bucket', marker: 'location', run: getBucketLocation },
];
