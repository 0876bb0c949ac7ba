import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { InvokeCommand } from '@aws-sdk/client-lambda';
import { GetObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { messageOf } from '../run/errors.js';
import { isJsonProtocol, refuseAbsentService } from './absentService.js';
import { AwsClients } from './awsClients.js';
import { CloudFormationService } from './cloudformation/cloudFormationService.js';
import { openEc2Service } from './ec2/ec2Service.js';
import { EventBus } from './events/eventBus.js';
import type { FunctionDefinitionInput } from './lambda/functionDefinition.js';
import { LambdaService } from './lambda/lambdaService.js';
import { LogsService } from './logs/logsService.js';
import { createS3Service } from './s3/service.js';
import { serviceOf } from './serviceScope.js';
import type { Credentials } from './sigv4.js';
import { ParameterStore } from './ssm/parameterStore.js';
import { SsmService } from './ssm/ssmService.js';
import { createStatesService } from './states/service.js';
import { createStsService } from './sts/stsService.js';

/** The account that everything in the embedded cloud belongs to. */
const accountId = '000000000000';

export interface CloudOptions {
  /** Holds everything that outlives the process. One cloud at a time. */
  readonly directory: string;
  readonly host: string;
  /** 0 takes any free one. */
  readonly port: number;
  readonly region: string;
  /** The one key pair that requests must be signed with. */
  readonly credentials: Credentials;
  readonly functions: readonly FunctionDefinitionInput[];
  /** Concurrent executions of Lambda in the account. */
  readonly accountConcurrency: number;
}

/**
 * The embedded cloud behind one endpoint: S3, Lambda, Step Functions, CloudWatch Logs, and what a deployment needs beside
 * them.
 */
export interface RunningCloud {
  /** For `AWS_ENDPOINT_URL`. */
  readonly endpoint: string;
  readonly accountId: string;
  readonly lambda: LambdaService;
  /** Takes rules beside those that stacks make. */
  readonly events: Pick<EventBus, 'put'>;
  /** Ends the server and every process of its functions; executions that run are ABORTED. */
  close(): Promise<void>;
}

/** An HTTP handler that answers every request and never rejects. */
interface Service {
  handle(request: IncomingMessage, response: ServerResponse): Promise<void>;
}

/**
 * Starts the embedded cloud. Requests find their service by the scope of their signature, so any AWS client can use it
 * with nothing but `AWS_ENDPOINT_URL`, a region and the credentials.
 */
export async function startCloud(options: CloudOptions): Promise<RunningCloud> {
  const { directory, host, port, region, credentials, functions, accountConcurrency } = options;
  let services: Record<string, Service> = {};
  const server = createServer({ noDelay: true }, (request, response) => {
    const name = serviceOf(request);
    const isAbsent = services[name] === undefined && isJsonProtocol(request);
    // Any other request for a service that is not here is refused by S3 in its own words.
    const service = services[name] ?? services.s3;
    if (service && isAbsent) refuseAbsentService(response, name);
    else if (service) void service.handle(request, response);
    else response.writeHead(503, { 'retry-after': '1' }).end();
  });
  // A worker that sends nothing for long, such as a waiting Invoke, must not be cut off.
  server.requestTimeout = 0;
  server.keepAliveTimeout = 60_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  const endpoint = `http://${host}:${(server.address() as AddressInfo).port}`;
  const closing: (() => Promise<void>)[] = [];
  const close = async () => {
    for (const step of closing.splice(0).reverse()) await step();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  try {
    const s3 = createS3Service({ directory: join(directory, 's3'), region, credentials });
    closing.push(() => s3.close());
    await s3.ready;
    const logs = await LogsService.open({ directory: join(directory, 'logs'), credentials, accountId, region });
    closing.push(() => logs.close());
    const clients = new AwsClients({ region, credentials, endpoint: () => endpoint });
    closing.push(async () => clients.close());
    const lambda = await LambdaService.open({
      directory: join(directory, 'lambda'),
      accountId,
      region,
      credentials,
      functions,
      accountConcurrency,
      logs: logs.sink,
      readObject: (bucket, key) => readObject(clients.s3, bucket, key),
      environment: {
        AWS_ENDPOINT_URL: endpoint,
        // The SDK tells every process that Node 20 is near its end there; the runtime on AWS is newer.
        AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
      },
    });
    closing.push(() => lambda.close());
    const events = await EventBus.open({
      directory: join(directory, 'events'),
      accountId,
      region,
      deliver: async (functionArn, event) => {
        const Payload = JSON.stringify(event);
        await clients.lambda.send(new InvokeCommand({ FunctionName: functionArn, InvocationType: 'Event', Payload }));
      },
      onFault: (error) => process.emitWarning(`An event was not delivered: ${messageOf(error)}`),
    });
    const states = await createStatesService({
      directory: join(directory, 'states'),
      region,
      accountId,
      endpoint: () => endpoint,
      credentials,
      publish: (happening) => events.publish(happening),
    });
    closing.push(() => states.close());
    const parameters = await ParameterStore.open(join(directory, 'ssm'));
    const cloudformation = await CloudFormationService.open({
      directory: join(directory, 'cloudformation'),
      credentials,
      accountId,
      region,
      clients,
      events,
      readSsm: (name) => parameters.get(name)?.value,
      readObject: (bucket, key) => readObject(clients.s3, bucket, key),
    });
    closing.push(() => cloudformation.close());
    services = {
      s3,
      logs,
      lambda,
      states,
      cloudformation,
      ssm: new SsmService({ credentials, accountId, region, parameters }),
      sts: createStsService({ credentials, accountId }),
      ec2: await openEc2Service({ directory: join(directory, 'ec2'), credentials, accountId }),
    };
    return { endpoint, accountId, lambda, events, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** A whole object, such as the zip of a function. */
async function readObject(s3: S3Client, bucket: string, key: string): Promise<Buffer> {
  const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
  return Buffer.from((await Body?.transformToByteArray()) ?? []);
}
