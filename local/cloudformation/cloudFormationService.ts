import type { IncomingMessage, ServerResponse } from 'node:http';
import { messageOf } from '../../run/errors.js';
import type { AwsClients } from '../awsClients.js';
import type { EventBus } from '../events/eventBus.js';
import { QueryService } from '../query/queryService.js';
import type { Credentials } from '../sigv4.js';
import { CloudFormationError } from './errors.js';
import { changeSetOperations } from './operations/changeSets.js';
import { resourceOperations } from './operations/resources.js';
import { stackOperations } from './operations/stacks.js';
import type { Surroundings } from './operations/surroundings.js';
import { ResourceProviders } from './resources/providers.js';
import { StackStore } from './stacks/stackStore.js';
import type { ReadSsmParameter } from './template/parameters.js';

export interface CloudFormationOptions {
  /** Holds the stacks; they outlive the process. */
  readonly directory: string;
  readonly credentials: Credentials;
  readonly accountId: string;
  readonly region: string;
  /** Of the embedded cloud itself: resources are made by the same calls that a user could make. */
  readonly clients: AwsClients;
  readonly events: EventBus;
  readonly readSsm: ReadSsmParameter;
  readonly readObject: (bucket: string, key: string) => Promise<Buffer>;
}

/**
 * The CloudFormation of the embedded cloud: an HTTP handler that the Serverless Framework and other clients can deploy
 * stacks to. A resource type, a property and a function of a template that it does not know is refused by name.
 */
export class CloudFormationService {
  readonly #service: QueryService;
  readonly #running: ReadonlySet<Promise<void>>;

  private constructor(service: QueryService, running: ReadonlySet<Promise<void>>) {
    this.#service = service;
    this.#running = running;
  }

  static async open(options: CloudFormationOptions): Promise<CloudFormationService> {
    const { directory, credentials, accountId, region, clients, events, readSsm, readObject } = options;
    const surroundings: Surroundings = {
      accountId,
      region,
      stacks: await StackStore.open(directory),
      providers: new ResourceProviders({ clients, events, accountId, region }),
      readSsm,
      readTemplate: (url) => readTemplate(url, readObject),
      running: new Set(),
    };
    const service = new QueryService({
      credentials,
      service: 'cloudformation',
      namespace: 'http://cloudformation.amazonaws.com/doc/2010-05-15/',
      dialect: 'query',
      operations: new Map([
        ...stackOperations(surroundings),
        ...changeSetOperations(surroundings),
        ...resourceOperations(surroundings),
      ]),
    });
    return new CloudFormationService(service, surroundings.running);
  }

  /** Answers one request; never rejects. */
  handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    return this.#service.handle(request, response);
  }

  /** Resolves when no deployment is under way. */
  async close(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running);
  }
}

/** `https://s3.<anything>/<bucket>/<key>`: whatever the host, the object is in the embedded S3. */
async function readTemplate(url: string, readObject: CloudFormationOptions['readObject']): Promise<string> {
  const [, bucket, key] = /^https?:\/\/[^/]+\/([^/]+)\/(.+)$/.exec(url) ?? [];
  if (bucket === undefined || key === undefined)
    throw new CloudFormationError('ValidationError', `TemplateURL must be https://<host>/<bucket>/<key>, not ${url}`);
  try {
    return (await readObject(bucket, decodeURIComponent(key))).toString('utf8');
  } catch (error) {
    throw new CloudFormationError(
      'ValidationError',
      `The template s3://${bucket}/${key} cannot be read: ${messageOf(error)}`,
      {
        cause: error,
      },
    );
  }
}
