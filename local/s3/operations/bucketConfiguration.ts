import { S3Error, type S3ErrorCode } from '../errors.js';
import type { Operation } from '../operation.js';
import { parseXml } from '../xml.js';

/**
 * A setting of a bucket that is kept and given back, and has no effect here: there is one user, who may do everything,
 * nothing is public, and nothing is old enough to expire.
 */
interface BucketConfiguration {
  /** Query parameter that names the setting. */
  readonly marker: string;
  /** What the API calls it: `Get...`, `Put...`, `Delete...`. */
  readonly name: string;
  readonly format: 'json' | 'xml';
  /** Answer to a question for a setting that was never made. */
  readonly missing: S3ErrorCode;
}

const configurations: readonly BucketConfiguration[] = [
  {
    marker: 'encryption',
    name: 'BucketEncryption',
    format: 'xml',
    missing: 'ServerSideEncryptionConfigurationNotFoundError',
  },
  {
    marker: 'lifecycle',
    name: 'BucketLifecycleConfiguration',
    format: 'xml',
    missing: 'NoSuchLifecycleConfiguration',
  },
  {
    marker: 'ownershipControls',
    name: 'BucketOwnershipControls',
    format: 'xml',
    missing: 'OwnershipControlsNotFoundError',
  },
  { marker: 'policy', name: 'BucketPolicy', format: 'json', missing: 'NoSuchBucketPolicy' },
  {
    marker: 'publicAccessBlock',
    name: 'PublicAccessBlock',
    format: 'xml',
    missing: 'NoSuchPublicAccessBlockConfiguration',
  },
  { marker: 'tagging', name: 'BucketTagging', format: 'xml', missing: 'NoSuchTagSet' },
];

export const bucketConfigurationOperations: readonly Operation[] = configurations.flatMap(operationsOf);

function operationsOf({ marker, name, format, missing }: BucketConfiguration): Operation[] {
  const target = { resource: 'bucket', marker } as const;
  return [
    {
      ...target,
      name: `Get${name}`,
      method: 'GET',
      async run(request, reply, { store }) {
        const document = store.bucket(request.bucket).configuration(marker);
        if (document === undefined) throw new S3Error(missing, { details: { BucketName: request.bucket } });
        reply.document(document, { 'content-type': `application/${format}` });
      },
    },
    {
      ...target,
      name: `Put${name}`,
      method: 'PUT',
      headers: ['x-amz-transition-default-minimum-object-size'],
      async run(request, reply, { store }) {
        const document = await request.document();
        requireWellFormed(document, format);
        await store.bucket(request.bucket).configure(marker, document);
        reply.empty(format === 'json' ? 204 : 200);
      },
    },
    {
      ...target,
      name: `Delete${name}`,
      method: 'DELETE',
      async run(request, reply, { store }) {
        await store.bucket(request.bucket).configure(marker, undefined);
        reply.empty(204);
      },
    },
  ];
}

function requireWellFormed(document: string, format: BucketConfiguration['format']): void {
  if (format === 'xml') parseXml(document);
  else
    try {
      JSON.parse(document);
    } catch (error) {
      throw new S3Error('MalformedPolicy', { cause: error });
    }
}
