import { DeleteBucketPolicyCommand, PutBucketPolicyCommand } from '@aws-sdk/client-s3';
import { z } from 'zod';
import { policyDocumentSchema } from './policyDocument.js';
import { type ResourceProvider, readProperties } from './provider.js';

const type = 'AWS::S3::BucketPolicy';
const schema = z.strictObject({ Bucket: z.string(), PolicyDocument: policyDocumentSchema });

/** The policy of a bucket. It is kept and given back, without effect: the embedded cloud has one user. */
export const bucketPolicy: ResourceProvider = {
  type,
  check: (properties) => void readProperties(type, schema, properties),
  async create(properties, { clients }) {
    const { Bucket, PolicyDocument } = readProperties(type, schema, properties);
    await clients.s3.send(new PutBucketPolicyCommand({ Bucket, Policy: JSON.stringify(PolicyDocument) }));
    return { physicalId: Bucket, attributes: {} };
  },
  async update(_current, properties, context) {
    return bucketPolicy.create(properties, context);
  },
  async delete({ physicalId }, { clients }) {
    await clients.s3.send(new DeleteBucketPolicyCommand({ Bucket: physicalId }));
  },
};
