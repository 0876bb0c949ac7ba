import {
  CloudFormationClient,
  CloudFormationServiceException,
  DescribeStackResourceCommand,
} from '@aws-sdk/client-cloudformation';
import { DeleteBucketCommand, S3Client, S3ServiceException } from '@aws-sdk/client-s3';
import { clientSettings, type Output, type Serverless } from './framework.js';

/** Logical id of the bucket of data and results in stack/bucket.yml. */
const bucketId = 'DataBucket';

/** Name of the bucket that the stack has made; undefined when there is no stack, or it works with another's bucket. */
export async function findStackBucket(serverless: Serverless): Promise<string | undefined> {
  const cloudFormation = new CloudFormationClient(await clientSettings(serverless));
  try {
    const StackName = serverless.getProvider('aws').naming.getStackName();
    const { StackResourceDetail } = await cloudFormation.send(
      new DescribeStackResourceCommand({ StackName, LogicalResourceId: bucketId }),
    );
    return StackResourceDetail?.PhysicalResourceId;
  } catch (error) {
    // There is no such stack, which the framework's own removal says, or it has no such bucket.
    if (error instanceof CloudFormationServiceException && error.name === 'ValidationError') return undefined;
    throw error;
  } finally {
    cloudFormation.destroy();
  }
}

/** Deletes the bucket that outlived its stack if it is empty; otherwise says what it is called and what to do about it. */
export async function settleBucket(serverless: Serverless, bucket: string | undefined, { log }: Output): Promise<void> {
  if (bucket === undefined) return;
  const stage = serverless.getProvider('aws').getStage();
  const s3 = new S3Client(await clientSettings(serverless));
  try {
    await s3.send(new DeleteBucketCommand({ Bucket: bucket }));
    log.notice(`The bucket ${bucket} was empty and is removed.`);
  } catch (error) {
    if (!(error instanceof S3ServiceException)) throw error;
    if (error.name === 'NoSuchBucket') return;
    if (error.name !== 'BucketNotEmpty') throw error;
    log.warning(
      `The bucket ${bucket} holds data and was kept; S3 goes on billing what it stores.\n` +
        `  Use it again:  npx serverless deploy --stage ${stage} --param bucket=${bucket}\n` +
        `  Remove it:     aws s3 rb --force s3://${bucket}`,
    );
  } finally {
    s3.destroy();
  }
}
