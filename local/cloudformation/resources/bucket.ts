import { randomBytes } from 'node:crypto';
import {
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteBucketEncryptionCommand,
  DeleteBucketLifecycleCommand,
  DeleteBucketOwnershipControlsCommand,
  DeleteBucketTaggingCommand,
  DeletePublicAccessBlockCommand,
  type LifecycleRule,
  PutBucketEncryptionCommand,
  PutBucketLifecycleConfigurationCommand,
  PutBucketOwnershipControlsCommand,
  PutBucketTaggingCommand,
  PutPublicAccessBlockCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { z } from 'zod';
import {
  booleanSchema,
  generatedName,
  integerSchema,
  type ProviderContext,
  type Provisioned,
  type ResourceProvider,
  readProperties,
  tagsSchema,
} from './provider.js';

const type = 'AWS::S3::Bucket';

const lifecycleRuleSchema = z.strictObject({
  Id: z.string().optional(),
  Status: z.enum(['Enabled', 'Disabled']),
  Prefix: z.string().optional(),
  TagFilters: z.array(z.strictObject({ Key: z.string(), Value: z.string() })).optional(),
  ExpirationInDays: integerSchema.optional(),
  AbortIncompleteMultipartUpload: z.strictObject({ DaysAfterInitiation: integerSchema }).optional(),
});

const schema = z.strictObject({
  BucketName: z.string().optional(),
  BucketEncryption: z
    .strictObject({
      ServerSideEncryptionConfiguration: z.array(
        z.strictObject({
          ServerSideEncryptionByDefault: z.strictObject({ SSEAlgorithm: z.literal('AES256') }),
          BucketKeyEnabled: booleanSchema.optional(),
        }),
      ),
    })
    .optional(),
  PublicAccessBlockConfiguration: z
    .strictObject({
      BlockPublicAcls: booleanSchema,
      BlockPublicPolicy: booleanSchema,
      IgnorePublicAcls: booleanSchema,
      RestrictPublicBuckets: booleanSchema,
    })
    .partial()
    .optional(),
  OwnershipControls: z
    .strictObject({
      Rules: z.array(
        z.strictObject({ ObjectOwnership: z.enum(['BucketOwnerEnforced', 'BucketOwnerPreferred', 'ObjectWriter']) }),
      ),
    })
    .optional(),
  LifecycleConfiguration: z.strictObject({ Rules: z.array(lifecycleRuleSchema) }).optional(),
  Tags: tagsSchema.optional(),
});

/** A bucket of the embedded S3. Its settings are kept and given back, without effect. */
export const bucket: ResourceProvider = {
  type,
  check: (properties) => void readProperties(type, schema, properties),
  async create(properties, context) {
    const settings = readProperties(type, schema, properties);
    const name = settings.BucketName ?? generatedName(context, 63, randomBytes(6).toString('hex')).toLowerCase();
    await context.clients.s3.send(new CreateBucketCommand({ Bucket: name }));
    await configure(context.clients.s3, name, settings);
    return describe(name, context);
  },
  async update(current, properties, context) {
    const settings = readProperties(type, schema, properties);
    const before = readProperties(type, schema, current.properties);
    if (settings.BucketName !== undefined && settings.BucketName !== current.physicalId)
      return bucket.create(properties, context);
    await forget(context.clients.s3, current.physicalId, before, settings);
    await configure(context.clients.s3, current.physicalId, settings);
    return describe(current.physicalId, context);
  },
  async delete({ physicalId }, { clients }) {
    await clients.s3.send(new DeleteBucketCommand({ Bucket: physicalId }));
  },
};

function describe(name: string, { region }: ProviderContext): Provisioned {
  return {
    physicalId: name,
    attributes: {
      Arn: `arn:aws:s3:::${name}`,
      DomainName: `${name}.s3.amazonaws.com`,
      RegionalDomainName: `${name}.s3.${region}.amazonaws.com`,
    },
  };
}

type Settings = z.output<typeof schema>;

async function configure(s3: S3Client, Bucket: string, settings: Settings): Promise<void> {
  const { BucketEncryption, PublicAccessBlockConfiguration, OwnershipControls, LifecycleConfiguration, Tags } =
    settings;
  if (BucketEncryption) {
    const Rules = BucketEncryption.ServerSideEncryptionConfiguration.map((rule) => ({
      ApplyServerSideEncryptionByDefault: rule.ServerSideEncryptionByDefault,
      BucketKeyEnabled: rule.BucketKeyEnabled,
    }));
    await s3.send(new PutBucketEncryptionCommand({ Bucket, ServerSideEncryptionConfiguration: { Rules } }));
  }
  if (PublicAccessBlockConfiguration)
    await s3.send(new PutPublicAccessBlockCommand({ Bucket, PublicAccessBlockConfiguration }));
  if (OwnershipControls) await s3.send(new PutBucketOwnershipControlsCommand({ Bucket, OwnershipControls }));
  if (LifecycleConfiguration) {
    const Rules = LifecycleConfiguration.Rules.map(lifecycleRule);
    await s3.send(new PutBucketLifecycleConfigurationCommand({ Bucket, LifecycleConfiguration: { Rules } }));
  }
  if (Tags) {
    const TagSet = Object.entries(Tags).map(([Key, Value]) => ({ Key, Value }));
    await s3.send(new PutBucketTaggingCommand({ Bucket, Tagging: { TagSet } }));
  }
}

function lifecycleRule(rule: z.output<typeof lifecycleRuleSchema>): LifecycleRule {
  const { Id, Status, Prefix, TagFilters = [], ExpirationInDays, AbortIncompleteMultipartUpload } = rule;
  const [tag] = TagFilters;
  const onlyTag = Prefix === undefined && TagFilters.length === 1 ? tag : undefined;
  return {
    ID: Id,
    Status,
    Filter: onlyTag
      ? { Tag: onlyTag }
      : TagFilters.length > 0
        ? { And: { Prefix: Prefix ?? '', Tags: TagFilters } }
        : { Prefix: Prefix ?? '' },
    ...(ExpirationInDays !== undefined && { Expiration: { Days: ExpirationInDays } }),
    ...(AbortIncompleteMultipartUpload && { AbortIncompleteMultipartUpload }),
  };
}

/** Takes back the settings that the template does not have any more. */
async function forget(s3: S3Client, Bucket: string, before: Settings, after: Settings): Promise<void> {
  const isGone = (name: keyof Settings) => before[name] !== undefined && after[name] === undefined;
  if (isGone('BucketEncryption')) await s3.send(new DeleteBucketEncryptionCommand({ Bucket }));
  if (isGone('PublicAccessBlockConfiguration')) await s3.send(new DeletePublicAccessBlockCommand({ Bucket }));
  if (isGone('OwnershipControls')) await s3.send(new DeleteBucketOwnershipControlsCommand({ Bucket }));
  if (isGone('LifecycleConfiguration')) await s3.send(new DeleteBucketLifecycleCommand({ Bucket }));
  if (isGone('Tags')) await s3.send(new DeleteBucketTaggingCommand({ Bucket }));
}
