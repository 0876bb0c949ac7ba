import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { z } from 'zod';
import { MusterError, messageOf } from '../../run/errors.js';
import { BodyTooLongError, RequestRefusedError } from '../errors.js';
import { readSignedBody } from '../signedBody.js';
import type { Credentials } from '../sigv4.js';
import type { ParameterStore, StoredParameter } from './parameterStore.js';

/** An answer of SSM that is an error, by the service's own code. */
class SsmError extends MusterError {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

export interface SsmServiceOptions {
  readonly credentials: Credentials;
  readonly accountId: string;
  readonly region: string;
  readonly parameters: ParameterStore;
}

const limitBytes = 1024 * 1024;
const targetPrefix = 'AmazonSSM.';
const name = z.string().regex(/^[a-zA-Z0-9_.\-/]{1,1011}$/, 'must be letters, digits and _.-/');
const withDecryption = { WithDecryption: z.boolean().default(false) };

/** The Parameter Store of the embedded cloud, as far as a deployment and the rendezvous need it. */
export class SsmService {
  readonly #options: SsmServiceOptions;
  readonly #operations: ReadonlyMap<string, (input: unknown) => Promise<object>>;

  constructor(options: SsmServiceOptions) {
    this.#options = options;
    this.#operations = new Map([
      ['PutParameter', (input) => this.#put(input)],
      ['GetParameter', (input) => this.#getOne(input)],
      ['GetParameters', (input) => this.#getMany(input)],
      ['GetParametersByPath', (input) => this.#getByPath(input)],
      ['DeleteParameter', (input) => this.#deleteOne(input)],
      ['DeleteParameters', (input) => this.#deleteMany(input)],
    ]);
  }

  /** Answers one request; never rejects. */
  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { credentials } = this.#options;
    try {
      const body = await readSignedBody(request, { credentials, service: 'ssm', limitBytes });
      const target = String(request.headers['x-amz-target']);
      const operation = target.startsWith(targetPrefix) && this.#operations.get(target.slice(targetPrefix.length));
      if (!operation) throw new SsmError('UnknownOperationException', `The embedded SSM has no operation ${target}.`);
      send(response, 200, await operation(JSON.parse(body.toString('utf8') || '{}')));
    } catch (error) {
      const known =
        error instanceof SsmError || error instanceof RequestRefusedError || error instanceof BodyTooLongError;
      const status = error instanceof RequestRefusedError ? error.status : known ? 400 : 500;
      send(response, status, { __type: known ? error.code : 'InternalServerError', message: messageOf(error) });
    }
  }

  async #put(input: unknown): Promise<object> {
    const { Name, Value, Type, Description, Overwrite } = read(
      z.strictObject({
        Name: name,
        Value: z.string().min(1).max(4096),
        Type: z.enum(['String', 'StringList', 'SecureString']).optional(),
        Description: z.string().optional(),
        Overwrite: z.boolean().default(false),
        Tier: z.literal('Standard').optional(),
        Tags: z.array(z.strictObject({ Key: z.string(), Value: z.string() })).optional(),
      }),
      input,
    );
    const { parameters } = this.#options;
    const current = parameters.list().find((each) => each.name === Name);
    if (current && !Overwrite)
      throw new SsmError(
        'ParameterAlreadyExists',
        'The parameter already exists. To overwrite this value, set the overwrite option in the request to true.',
      );
    const type = Type ?? current?.type;
    if (!type) throw new SsmError('ValidationException', 'A parameter type is required when you create a parameter.');
    const description = Description ?? current?.description;
    const { version } = await parameters.put({ name: Name, value: Value, type, ...(description && { description }) });
    return { Version: version, Tier: 'Standard' };
  }

  async #getOne(input: unknown): Promise<object> {
    const { Name, WithDecryption } = read(z.strictObject({ Name: name, ...withDecryption }), input);
    const found = this.#options.parameters.get(Name);
    if (!found) throw new SsmError('ParameterNotFound', `There is no parameter ${Name}.`);
    return { Parameter: this.#describe(found, WithDecryption) };
  }

  async #getMany(input: unknown): Promise<object> {
    const { Names, WithDecryption } = read(
      z.strictObject({ Names: z.array(name).min(1).max(10), ...withDecryption }),
      input,
    );
    const found = Names.map((each) => this.#options.parameters.get(each)).filter((each) => each !== undefined);
    return {
      Parameters: found.map((each) => this.#describe(each, WithDecryption)),
      InvalidParameters: Names.filter((each) => !found.some((parameter) => parameter.name === each)),
    };
  }

  async #getByPath(input: unknown): Promise<object> {
    const { Path, Recursive, WithDecryption } = read(
      z.strictObject({ Path: name, Recursive: z.boolean().default(false), ...withDecryption }),
      input,
    );
    const prefix = Path.endsWith('/') ? Path : `${Path}/`;
    const found = this.#options.parameters
      .list()
      .filter((each) => each.name.startsWith(prefix) && (Recursive || !each.name.slice(prefix.length).includes('/')));
    return { Parameters: found.map((each) => this.#describe(each, WithDecryption)) };
  }

  async #deleteOne(input: unknown): Promise<object> {
    const { Name } = read(z.strictObject({ Name: name }), input);
    if (!(await this.#options.parameters.delete(Name)))
      throw new SsmError('ParameterNotFound', `There is no parameter ${Name}.`);
    return {};
  }

  async #deleteMany(input: unknown): Promise<object> {
    const { Names } = read(z.strictObject({ Names: z.array(name).min(1).max(10) }), input);
    const deleted = await Promise.all(
      Names.map(async (each) => [each, await this.#options.parameters.delete(each)] as const),
    );
    return {
      DeletedParameters: deleted.filter(([, was]) => was).map(([each]) => each),
      InvalidParameters: deleted.filter(([, was]) => !was).map(([each]) => each),
    };
  }

  #describe(parameter: StoredParameter, isDecrypted: boolean): object {
    const { region, accountId } = this.#options;
    const { name: Name, type: Type, value, version: Version, modifiedAt } = parameter;
    const isHidden = Type === 'SecureString' && !isDecrypted;
    return {
      Name,
      Type,
      Value: isHidden ? `encrypted:${Buffer.from(Name).toString('base64')}` : value,
      Version,
      LastModifiedDate: Date.parse(modifiedAt) / 1000,
      ARN: `arn:aws:ssm:${region}:${accountId}:parameter/${Name.replace(/^\//, '')}`,
      DataType: 'text',
    };
  }
}

function read<Schema extends z.ZodType>(schema: Schema, input: unknown): z.output<Schema> {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  throw new SsmError(
    'ValidationException',
    parsed.error.issues.map(({ path, message }) => `${path.join('.') || 'request'}: ${message}`).join('; '),
  );
}

function send(response: ServerResponse, status: number, body: object): void {
  const bytes = Buffer.from(JSON.stringify(body));
  response.on('error', () => undefined);
  response.writeHead(status, {
    'content-type': 'application/x-amz-json-1.1',
    'content-length': bytes.length,
    'x-amzn-requestid': randomUUID(),
  });
  response.end(bytes);
}
