import {
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import type { AwsClients } from '../../awsClients.js';
import { StateFailure } from '../errors.js';
import { isJsonObject, type Json, type JsonObject, maximumPayloadBytes, parseJson, typeName } from '../json.js';
import { awsFailure } from './awsFailure.js';
import type { TaskIntegration } from './integration.js';

/** Types of the arguments that an action takes; each is handed to the AWS client as it stands. */
type ArgumentTypes = Readonly<Record<string, 'string' | 'number' | 'boolean' | 'object'>>;

const object: ArgumentTypes = { Bucket: 'string', Key: 'string' };
const read: ArgumentTypes = {
  ...object,
  Range: 'string',
  VersionId: 'string',
  IfMatch: 'string',
  IfNoneMatch: 'string',
};

interface Action {
  types: ArgumentTypes;
  required: readonly string[];
  send(client: S3Client, args: JsonObject, abortSignal: AbortSignal): Promise<object>;
}

const text = (args: JsonObject, name: string): string | undefined => {
  const value = args[name];
  return typeof value === 'string' ? value : undefined;
};
const number = (args: JsonObject, name: string): number | undefined => {
  const value = args[name];
  return typeof value === 'number' ? value : undefined;
};
const place = (args: JsonObject) => ({ Bucket: text(args, 'Bucket') ?? '', Key: text(args, 'Key') ?? '' });
const readInput = (args: JsonObject) => ({
  ...place(args),
  Range: text(args, 'Range'),
  VersionId: text(args, 'VersionId'),
  IfMatch: text(args, 'IfMatch'),
  IfNoneMatch: text(args, 'IfNoneMatch'),
});

const actions: Readonly<Record<string, Action>> = {
  getObject: {
    types: read,
    required: ['Bucket', 'Key'],
    async send(client, args, abortSignal) {
      const output = await client.send(new GetObjectCommand(readInput(args)), { abortSignal });
      if ((output.ContentLength ?? 0) > maximumPayloadBytes) {
        throw new StateFailure(
          'States.DataLimitExceeded',
          `The object exceeds the maximum of ${maximumPayloadBytes} bytes.`,
        );
      }
      return { ...output, Body: await output.Body?.transformToString() };
    },
  },
  headObject: {
    types: read,
    required: ['Bucket', 'Key'],
    send: (client, args, abortSignal) => client.send(new HeadObjectCommand(readInput(args)), { abortSignal }),
  },
  putObject: {
    types: { ...object, ContentType: 'string', IfMatch: 'string', IfNoneMatch: 'string', Metadata: 'object' },
    required: ['Bucket', 'Key'],
    send: (client, args, abortSignal) =>
      client.send(
        new PutObjectCommand({
          ...place(args),
          Body: bodyOf(args.Body),
          ContentType: text(args, 'ContentType'),
          IfMatch: text(args, 'IfMatch'),
          IfNoneMatch: text(args, 'IfNoneMatch'),
          Metadata: metadataOf(args.Metadata),
        }),
        { abortSignal },
      ),
  },
  listObjectsV2: {
    types: {
      Bucket: 'string',
      Prefix: 'string',
      Delimiter: 'string',
      ContinuationToken: 'string',
      StartAfter: 'string',
      MaxKeys: 'number',
    },
    required: ['Bucket'],
    send: (client, args, abortSignal) =>
      client.send(
        new ListObjectsV2Command({
          Bucket: text(args, 'Bucket'),
          Prefix: text(args, 'Prefix'),
          Delimiter: text(args, 'Delimiter'),
          ContinuationToken: text(args, 'ContinuationToken'),
          StartAfter: text(args, 'StartAfter'),
          MaxKeys: number(args, 'MaxKeys'),
        }),
        { abortSignal },
      ),
  },
};

/** The `arn:aws:states:::aws-sdk:s3:*` resources. Results have the fields of the AWS client, times as RFC 3339 text. */
export function s3Integrations(clients: AwsClients): [string, TaskIntegration][] {
  return Object.entries(actions).map(([name, action]) => [
    `arn:aws:states:::aws-sdk:s3:${name}`,
    integration(clients, name, action),
  ]);
}

function integration(clients: AwsClients, name: string, action: Action): TaskIntegration {
  const allowed = [...Object.keys(action.types), ...(name === 'putObject' ? ['Body'] : [])];
  return {
    resourceType: 'aws-sdk:s3',
    resource: name,
    arguments: { allowed, required: action.required },
    async run(args, { signal }) {
      const fields = checkArguments(name, action, allowed, args);
      try {
        const output = await action.send(clients.s3, fields, signal);
        return parseJson(JSON.stringify({ ...output, $metadata: undefined }));
      } catch (error) {
        signal.throwIfAborted();
        throw error instanceof StateFailure ? error : awsFailure(error, 'S3', 'S3Exception');
      }
    },
  };
}

function checkArguments(name: string, { types, required }: Action, allowed: readonly string[], args: Json): JsonObject {
  const fail = (reason: string): never => {
    throw new StateFailure('States.Runtime', `s3:${name}: ${reason}.`);
  };
  if (!isJsonObject(args)) return fail(`the arguments must be an object, not ${typeName(args)}`);
  for (const [key, value] of Object.entries(args)) {
    if (!allowed.includes(key)) fail(`unknown argument ${key}; known: ${allowed.join(', ')}`);
    const wanted = types[key];
    if (wanted !== undefined && typeName(value) !== wanted) fail(`${key} must be a ${wanted}, not ${typeName(value)}`);
  }
  for (const key of required.filter((one) => args[one] === undefined)) fail(`the argument ${key} is missing`);
  return args;
}

/** Text is stored as it stands, any other JSON as its text. */
function bodyOf(body: Json | undefined): string | undefined {
  return body === undefined || typeof body === 'string' ? body : JSON.stringify(body);
}

function metadataOf(metadata: Json | undefined): Record<string, string> | undefined {
  if (!isJsonObject(metadata)) return undefined;
  return Object.fromEntries(Object.entries(metadata).map(([key, value]) => [key, String(value)]));
}
