import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateBucketCommand, GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { GetParameterCommand, ParameterNotFound, SSMClient } from '@aws-sdk/client-ssm';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type RunningCloud, startCloud } from '../../local/cloud.js';
import type { Serverless } from '../../stack/plugin/framework.js';
import { furnishHost, removeSecret } from '../../stack/plugin/rendezvousHost.js';

const settings = { region: 'us-east-1', credentials: { accessKeyId: 'AKIAHOSTTEST', secretAccessKey: 'host' } };
const custom = { rendezvous: { parameters: '/muster/test/rendezvous', bundleKey: 'serverless/muster/server.mjs' } };
const bucket = 'deployment-bucket';
let folder: string;
let cloud: RunningCloud;
let s3: S3Client;
let ssm: SSMClient;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'muster-host-deployment-'));
  const port = { host: '127.0.0.1', port: 0 };
  cloud = await startCloud({ ...settings, ...port, directory: folder, functions: [], accountConcurrency: 1 });
  s3 = new S3Client({ ...settings, endpoint: cloud.endpoint });
  ssm = new SSMClient({ ...settings, endpoint: cloud.endpoint });
  await s3.send(new CreateBucketCommand({ Bucket: bucket }));
});
afterAll(async () => {
  s3?.destroy();
  ssm?.destroy();
  await cloud?.close();
  await rm(folder, { recursive: true, force: true });
});

const framework = (given: unknown = custom): Serverless => ({
  serviceDir: folder,
  service: { provider: {}, functions: {}, custom: given },
  getProvider: () => ({
    getRegion: () => settings.region,
    getStage: () => 'dev',
    naming: { getStackName: () => 'muster-test' },
    getServerlessDeploymentBucketName: async () => bucket,
    getAwsSdkV3Config: async () => ({ ...settings, endpoint: cloud.endpoint }),
  }),
});
const output = { log: { notice: () => undefined, warning: () => undefined } };
const secret = () =>
  ssm.send(new GetParameterCommand({ Name: '/muster/test/rendezvous/secret', WithDecryption: true }));

it('brings the server to where the host fetches it, and makes a secret', async () => {
  await furnishHost(framework(), output);
  const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: custom.rendezvous.bundleKey }));
  expect(await Body?.transformToString()).toContain('stop-when-idle');
  const { Parameter } = await secret();
  expect(Parameter?.Type).toBe('SecureString');
  expect(Buffer.from(Parameter?.Value ?? '', 'base64url')).toHaveLength(32);
});

it('keeps the secret of the deployment before, which the host that runs knows', async () => {
  await furnishHost(framework(), output);
  const first = (await secret()).Parameter?.Value;
  await furnishHost(framework(), output);
  expect((await secret()).Parameter?.Value).toBe(first);
});

it('removes the secret with the stack, and minds no other removal before', async () => {
  await furnishHost(framework(), output);
  await removeSecret(framework());
  await expect(secret()).rejects.toThrow(ParameterNotFound);
  await expect(removeSecret(framework())).resolves.toBeUndefined();
});

it('says which setting of serverless.yml is missing', async () => {
  await expect(furnishHost(framework({ rendezvous: { parameters: 'no path' } }), output)).rejects.toThrow(
    /custom\.rendezvous\.parameters: .*custom\.rendezvous\.bundleKey: /,
  );
});
