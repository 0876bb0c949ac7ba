import { randomBytes } from 'node:crypto';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import {
  DeleteParameterCommand,
  ParameterAlreadyExists,
  ParameterNotFound,
  PutParameterCommand,
  SSMClient,
} from '@aws-sdk/client-ssm';
import { z } from 'zod';
import { bundleHostServer } from '../../scripts/hostBundle.js';
import { StackSettingError } from './errors.js';
import { clientSettings, type Output, type Serverless } from './framework.js';

const hostSchema = z.object({
  rendezvous: z.object({
    /** SSM path. */
    parameters: z.string().startsWith('/'),
    /** In the deployment bucket. */
    bundleKey: z.string().min(1),
  }),
});

/** Of the secret that signs tokens: 256 bits. */
const secretBytes = 32;

/**
 * Before the stack is made or updated: puts the server where the host fetches it, and makes the secret, which CloudFormation
 * cannot, unless an earlier deployment has.
 */
export async function furnishHost(serverless: Serverless, { log }: Output): Promise<void> {
  const settings = await clientSettings(serverless);
  const { parameters, bundleKey } = hostOf(serverless);
  const provider = serverless.getProvider('aws');
  const s3 = new S3Client(settings);
  const ssm = new SSMClient(settings);
  try {
    const server = await bundleHostServer();
    const bucket = await provider.getServerlessDeploymentBucketName();
    await s3.send(new PutObjectCommand({ Bucket: bucket, Key: bundleKey, Body: server }));
    log.notice(`  rendezvous server: ${(server.length / 1_000_000).toFixed(1)} MB`);
    await ssm.send(
      new PutParameterCommand({
        Name: secretOf(parameters),
        Description: 'Signs the tokens that admit ranks to the rendezvous.',
        Type: 'SecureString',
        Value: randomBytes(secretBytes).toString('base64url'),
      }),
    );
  } catch (error) {
    if (!(error instanceof ParameterAlreadyExists)) throw error;
  } finally {
    s3.destroy();
    ssm.destroy();
  }
}

/** After the stack was removed: removes the secret, which was not part of it. */
export async function removeSecret(serverless: Serverless): Promise<void> {
  const ssm = new SSMClient(await clientSettings(serverless));
  try {
    await ssm.send(new DeleteParameterCommand({ Name: secretOf(hostOf(serverless).parameters) }));
  } catch (error) {
    if (!(error instanceof ParameterNotFound)) throw error;
  } finally {
    ssm.destroy();
  }
}

function hostOf(serverless: Serverless): z.infer<typeof hostSchema>['rendezvous'] {
  const custom = hostSchema.safeParse(serverless.service.custom);
  if (custom.success) return custom.data.rendezvous;
  throw new StackSettingError(custom.error.issues.map(({ path, message }) => `custom.${path.join('.')}: ${message}`));
}

const secretOf = (parameters: string): string => `${parameters}/secret`;
