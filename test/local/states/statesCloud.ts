import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import {
  CreateStateMachineCommand,
  DescribeExecutionCommand,
  type DescribeExecutionOutput,
  type HistoryEvent,
  paginateGetExecutionHistory,
  SFNClient,
  StartExecutionCommand,
} from '@aws-sdk/client-sfn';
import { createS3Service } from '../../../local/s3/service.js';
import type { Clock } from '../../../local/states/clock.js';
import type { Json } from '../../../local/states/json.js';
import { createStatesService, type StatesService } from '../../../local/states/service.js';
import { type FakeFunction, FakeLambda } from './fakeLambda.js';

export const credentials = { accessKeyId: 'AKIATESTTESTTESTTEST', secretAccessKey: 'test-secret' };
export const roleArn = 'arn:aws:iam::123456789012:role/states';
export const bucket = 'states-test';

/** A cloud of Step Functions, S3 and the functions of one test file. */
export interface StatesCloud {
  sfn: SFNClient;
  s3: S3Client;
  lambda: FakeLambda;
  endpoint: string;
  directory: string;
  /** Creates a state machine; its ARN. */
  create(definition: object, name?: string): Promise<string>;
  /** Creates a state machine, starts it and waits for its end. */
  run(definition: object, input?: Json): Promise<DescribeExecutionOutput>;
  /** Creates and starts a state machine; the ARN of the execution. */
  start(definition: object, input?: Json): Promise<string>;
  /** Resolves when an execution has ended. */
  ended(executionArn: string): Promise<DescribeExecutionOutput>;
  history(executionArn: string): Promise<HistoryEvent[]>;
  /** Closes the service as a process that ends in good order, and starts another on the same folder. */
  restart(): Promise<void>;
  /** Starts another service on the same folder as if the process before had been killed. */
  restartAfterKill(): Promise<void>;
  close(): Promise<void>;
}

export async function startStatesCloud(
  functions: Record<string, FakeFunction> = {},
  { clock, random }: { clock?: Clock; random?: () => number } = {},
): Promise<StatesCloud> {
  const directory = await mkdtemp(join(tmpdir(), 'muster-states-'));
  const lambda = new FakeLambda(functions);
  const objects = createS3Service({ directory: join(directory, 's3'), region: 'us-east-1', credentials });
  await objects.ready;
  let endpoint = '';
  const open = () =>
    createStatesService({
      directory: join(directory, 'states'),
      region: 'us-east-1',
      accountId: '123456789012',
      endpoint: () => endpoint,
      credentials,
      clock,
      random,
    });
  let states = await open();
  const killed: StatesService[] = [];
  const server = createServer((request, response) => {
    if (request.headers['x-amz-target'] !== undefined) void states.handle(request, response);
    else if (FakeLambda.takes(request)) void lambda.handle(request, response);
    else void objects.handle(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const settings = { endpoint, region: 'us-east-1', credentials, maxAttempts: 1 };
  const sfn = new SFNClient(settings);
  const s3 = new S3Client({ ...settings, forcePathStyle: true });
  await s3.send(new CreateBucketCommand({ Bucket: bucket }));
  let count = 0;

  const cloud: StatesCloud = {
    sfn,
    s3,
    lambda,
    endpoint,
    directory: join(directory, 'states'),
    async create(definition, name = `machine-${++count}`) {
      const command = new CreateStateMachineCommand({ name, roleArn, definition: JSON.stringify(definition) });
      return (await sfn.send(command)).stateMachineArn!;
    },
    async start(definition, input = {}) {
      const stateMachineArn = await cloud.create(definition);
      const command = new StartExecutionCommand({ stateMachineArn, input: JSON.stringify(input) });
      return (await sfn.send(command)).executionArn!;
    },
    run: async (definition, input) => cloud.ended(await cloud.start(definition, input)),
    async ended(executionArn) {
      for (;;) {
        const description = await sfn.send(new DescribeExecutionCommand({ executionArn }));
        if (description.status !== 'RUNNING') return description;
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    },
    async history(executionArn) {
      const events: HistoryEvent[] = [];
      for await (const page of paginateGetExecutionHistory({ client: sfn }, { executionArn })) {
        events.push(...(page.events ?? []));
      }
      return events;
    },
    async restart() {
      await states.close();
      states = await open();
    },
    async restartAfterKill() {
      killed.push(states);
      states = await open();
    },
    async close() {
      await Promise.all([states, ...killed].map((service) => service.close()));
      sfn.destroy();
      s3.destroy();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await objects.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
  return cloud;
}

/** The output of an execution that must have succeeded. */
export function outputOf({ status, output, error, cause }: DescribeExecutionOutput): Json {
  if (status !== 'SUCCEEDED') throw new Error(`the execution is ${status}: ${error}: ${cause}`);
  return JSON.parse(output ?? 'null') as Json;
}

/** A state machine of one JSONPath state. */
export function single(state: object): object {
  return { StartAt: 'Only', States: { Only: { ...state, End: true } } };
}
