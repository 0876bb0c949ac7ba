import { access, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { BucketAlreadyOwnedByYou, CreateBucketCommand } from '@aws-sdk/client-s3';
import { treeReducer } from '../collectives/treeReducer.js';
import { type RunningCloud, startCloud } from '../local/cloud.js';
import { readServerlessConfig } from '../local/serverlessConfig.js';
import { readServerlessEvents } from '../local/serverlessEvents.js';
import { type RendezvousServer, startRendezvous } from '../rendezvous/server.js';
import { createClients } from './cloud/clients.js';
import { defaultConcurrency } from './cloud/concurrency.js';
import { isAlive } from './cloud/stackClient.js';
import { StackControl } from './cloud/stackControl.js';
import { acquireStackLock, type Holder } from './cloud/stackLock.js';
import type { StackState } from './cloud/stackState.js';
import {
  loadSecrets,
  prepareStateDirectory,
  replaceJsonFile,
  type Secrets,
  type StateDirectory,
} from './cloud/stateDirectory.js';
import { ensureStateMachine, functionSubstitution, functionSubstitutions } from './cloud/stateMachine.js';
import { CloudStartError, NotBuiltError } from './errors.js';
import { packageRoot } from './packageRoot.js';

const host = '127.0.0.1';
/** The region whose prices bills have. */
const region = 'us-east-1';
/** The stage of serverless.yml whose functions the embedded cloud serves. */
const stage = 'local';
/** The bucket that is always there. */
const bucket = 'muster-local';

export interface LocalStackOptions {
  readonly directory: StateDirectory;
  /** Of the endpoint; 0 takes any free one. */
  readonly port?: number;
  /** Concurrent executions of Lambda; default: by the machine's memory. */
  readonly concurrency?: number;
}

/** The embedded cloud with its rendezvous, running in this process. */
export interface LocalStack {
  readonly state: StackState;
  readonly secrets: Secrets;
  readonly control: StackControl;
  close(): Promise<void>;
}

/** The started stack, or who has the directory. */
export type LocalStackStart =
  | { readonly started: true; readonly stack: LocalStack }
  | { readonly started: false; readonly holder: Holder };

/**
 * Starts the embedded cloud of a state directory: S3, Lambda, Step Functions, Logs and the rendezvous, with the bucket
 * `muster-local` and the state machine `muster-inference`.
 *
 * @throws NotBuiltError, CloudHangsError, ServerlessConfigError
 */
export async function startLocalStack(options: LocalStackOptions): Promise<LocalStackStart> {
  const { directory } = options;
  const control = await StackControl.start();
  const closing: (() => Promise<void>)[] = [() => control.close()];
  const close = async () => {
    for (const step of closing.splice(0).reverse()) await step();
  };
  try {
    const acquisition = await acquireStackLock(directory.lockFolder, control.holder, (holder) =>
      isAlive(holder, directory.path),
    );
    if (!acquisition.acquired) {
      await close();
      return { started: false, holder: acquisition.holder };
    }
    closing.push(() => acquisition.lock.release());
    await prepareStateDirectory(directory);
    const secrets = await loadSecrets(directory);
    const state = await startServices(options, secrets, closing);
    await replaceJsonFile(directory.cloudFile, state);
    closing.push(() => rm(directory.cloudFile, { force: true }));
    control.ready(state);
    return { started: true, stack: { state, secrets, control, close } };
  } catch (error) {
    await close();
    throw error;
  }
}

async function startServices(
  { directory, port = 0, concurrency = defaultConcurrency() }: LocalStackOptions,
  secrets: Secrets,
  closing: (() => Promise<void>)[],
): Promise<StackState> {
  const { accessKeyId, secretAccessKey, rendezvousSecret } = secrets;
  await requireBuild();
  const rendezvous: RendezvousServer = await startRendezvous({
    host,
    port: 0,
    secret: rendezvousSecret,
    reducer: treeReducer,
  });
  closing.push(() => rendezvous.close());
  const functions = await readServerlessConfig(join(packageRoot, 'serverless.yml'), {
    options: { stage, region },
    params: { rendezvousUrl: rendezvous.url, rendezvousSecret },
  });
  const cloud: RunningCloud = await startCloud({
    directory: directory.cloudData,
    host,
    port,
    region,
    credentials: { accessKeyId, secretAccessKey },
    functions,
    accountConcurrency: concurrency,
  }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EADDRINUSE' && error.code !== 'EACCES') throw error;
    throw new CloudStartError(`Port ${port} cannot be listened on: ${error.code}.`, {
      remedy: 'Name another with --port, or leave it out to take a free one.',
      cause: error,
    });
  });
  closing.push(() => cloud.close());
  const stateMachineArn = await furnish(cloud, functions, secrets);
  return {
    version: 1,
    pid: process.pid,
    startedAtMs: Date.now(),
    endpoint: cloud.endpoint,
    region,
    accountId: cloud.accountId,
    bucket,
    rendezvousUrl: rendezvous.url,
    stateMachineArn,
  };
}

/** Makes what runs need to be there: the bucket, the state machine, and the events that functions wait for. */
async function furnish(
  { endpoint, accountId, events }: RunningCloud,
  functions: readonly { readonly key: string; readonly name: string }[],
  credentials: Secrets,
): Promise<string> {
  const clients = createClients({ endpoint, region, credentials });
  try {
    await clients.s3.send(new CreateBucketCommand({ Bucket: bucket })).catch((error) => {
      if (!(error instanceof BucketAlreadyOwnedByYou)) throw error;
    });
    const substitutions = functionSubstitutions(functions, region, accountId);
    const stateMachineArn = await ensureStateMachine(
      clients.sfn,
      join(packageRoot, 'statemachine', 'inference.asl.json'),
      substitutions,
      { region, accountId },
    );
    const rules = await readServerlessEvents(join(packageRoot, 'serverless.yml'), {
      functionArn: (key) => substitutions[functionSubstitution(key)],
      resolveIntrinsic: ({ name, argument }) =>
        name === 'Ref' && argument === 'InferenceStateMachine' ? stateMachineArn : undefined,
    });
    for (const rule of rules) await events.put(rule);
    return stateMachineArn;
  } finally {
    clients.destroy();
  }
}

async function requireBuild(): Promise<void> {
  const folder = join(packageRoot, 'dist', 'functions');
  await access(folder).catch(() => {
    throw new NotBuiltError(folder);
  });
}
