import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { DescribeInstancesCommand, type EC2Client, StopInstancesCommand } from '@aws-sdk/client-ec2';
import { GetObjectCommand, type S3Client } from '@aws-sdk/client-s3';

const pollMs = 100;

export interface HostOptions {
  readonly ec2: EC2Client;
  readonly s3: S3Client;
  readonly instanceId: string;
  /** Where the deployment has put the server. */
  readonly bundle: { readonly bucket: string; readonly key: string };
  /** SSM path of the secret and the fingerprint. */
  readonly parameters: string;
  readonly ports: readonly [members: number, observer: number];
  /** A folder that outlives a stop, as a disk does. */
  readonly folder: string;
  /** `AWS_ENDPOINT_URL`, region and credentials. */
  readonly environment: NodeJS.ProcessEnv;
}

/**
 * Stands in for what the embedded EC2 does not do: when the instance runs, the server of the deployment runs too, and when it
 * has ended, the instance is stopped.
 */
export async function serveOnce(options: HostOptions, signal: AbortSignal): Promise<number | null> {
  const { ec2, s3, instanceId, bundle, parameters, ports, folder, environment } = options;
  const InstanceIds = [instanceId];
  await ec2.send(new StopInstancesCommand({ InstanceIds }));
  for (let state: string | undefined; state !== 'running'; ) {
    signal.throwIfAborted();
    const { Reservations = [] } = await ec2.send(new DescribeInstancesCommand({ InstanceIds }));
    state = Reservations[0]?.Instances?.[0]?.State?.Name;
    await wait(pollMs, undefined, { signal });
  }
  const { Body } = await s3.send(new GetObjectCommand({ Bucket: bundle.bucket, Key: bundle.key }));
  const server = join(folder, 'server.mjs');
  await writeFile(server, (await Body?.transformToByteArray()) ?? '');
  const where = ['--host', '127.0.0.1', '--port', `${ports[0]}`, '--observer-port', `${ports[1]}`];
  const identity = ['--tls', '--certificate-directory', join(folder, 'certificate'), '--parameters', parameters];
  const child: ChildProcess = spawn(
    process.execPath,
    [server, 'rendezvous', ...where, ...identity, '--stop-when-idle', '3s'],
    { env: { PATH: process.env.PATH, ...environment }, stdio: 'ignore', signal },
  );
  const [code] = await once(child, 'exit');
  await ec2.send(new StopInstancesCommand({ InstanceIds }));
  return code;
}

/** A port that nobody listens on now. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address ? address.port : 0;
}
