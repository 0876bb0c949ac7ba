import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { z } from 'zod';
import { MusterError, messageOf } from '../../run/errors.js';
import { BodyTooLongError, RequestRefusedError } from '../errors.js';
import { readSignedBody } from '../signedBody.js';
import type { Credentials } from '../sigv4.js';
import { writeXml, type XmlChildren, xmlDeclaration } from '../xml.js';
import { type FormValue, parseForm } from './formParameters.js';

/** A request that an operation of a query service refuses; `code` is what AWS calls it. */
export class QueryError extends MusterError {
  readonly code: string;

  constructor(code: string, message: string, options: { cause?: unknown } = {}) {
    super(message, options);
    this.code = code;
  }
}

/** An operation: what it gets is not checked yet, what it gives becomes XML. */
export type QueryOperation = (parameters: Record<string, FormValue>) => Promise<XmlChildren> | XmlChildren;

export interface QueryServiceOptions {
  readonly credentials: Credentials;
  /** Service of the credential scope, such as `sts`. */
  readonly service: string;
  /** Namespace of the answers. */
  readonly namespace: string;
  /** EC2 writes its answers in a form of its own. */
  readonly dialect: 'query' | 'ec2';
  readonly operations: ReadonlyMap<string, QueryOperation>;
}

/** Parameters beside those of the operation. */
const commonParameters = ['Action', 'Version'];
const limitBytes = 2 * 1024 * 1024;

/**
 * A service that speaks the AWS query protocol, or that of EC2: forms in, XML out.
 *
 * Source: Smithy, "AWS query protocol" and "AWS EC2 query protocol".
 */
export class QueryService {
  readonly #options: QueryServiceOptions;

  constructor(options: QueryServiceOptions) {
    this.#options = options;
  }

  /** Answers one request; never rejects. */
  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { credentials, service, namespace, dialect, operations } = this.#options;
    const requestId = randomUUID();
    try {
      const body = await readSignedBody(request, { credentials, service, limitBytes });
      const form = parseForm(body.toString('utf8'));
      const action = String(form.Action);
      const operation = operations.get(action);
      if (!operation) throw new QueryError('InvalidAction', `The embedded ${service} has no operation ${action}.`);
      const parameters = Object.entries(form).filter(([name]) => !commonParameters.includes(name));
      const result = await operation(Object.fromEntries(parameters));
      const content =
        dialect === 'ec2'
          ? { requestId, ...result }
          : { [`${action}Result`]: result, ResponseMetadata: { RequestId: requestId } };
      send(response, 200, `<${action}Response xmlns="${namespace}">${writeXml(content)}</${action}Response>`);
    } catch (error) {
      send(response, statusOf(error), errorDocument(error, dialect, requestId));
    }
  }
}

/** Parameters as an operation understands them. @throws QueryError ValidationError listing every fault */
export function readParameters<Schema extends z.ZodType>(
  schema: Schema,
  parameters: Record<string, FormValue>,
): z.output<Schema> {
  const parsed = schema.safeParse(parameters);
  if (parsed.success) return parsed.data;
  throw new QueryError(
    'ValidationError',
    parsed.error.issues.map(({ path, message }) => `${path.join('.') || 'request'}: ${message}`).join('; '),
  );
}

/** A list in a form; an empty one is written as an empty text. */
export function formList<Item extends z.ZodType>(item: Item) {
  return z.union([z.literal('').transform((): z.output<Item>[] => []), z.array(item)]);
}

function statusOf(error: unknown): number {
  if (error instanceof RequestRefusedError) return error.status;
  if (error instanceof BodyTooLongError) return 413;
  return error instanceof QueryError ? 400 : 500;
}

function errorDocument(error: unknown, dialect: QueryServiceOptions['dialect'], requestId: string): string {
  const known =
    error instanceof QueryError || error instanceof RequestRefusedError || error instanceof BodyTooLongError;
  const Code = known ? error.code : 'InternalFailure';
  const Message = messageOf(error);
  return dialect === 'ec2'
    ? writeXml({ Response: { Errors: { Error: { Code, Message } }, RequestID: requestId } })
    : writeXml({
        ErrorResponse: { Error: { Type: known ? 'Sender' : 'Receiver', Code, Message }, RequestId: requestId },
      });
}

function send(response: ServerResponse, status: number, xml: string): void {
  const bytes = Buffer.from(xmlDeclaration + xml);
  response.on('error', () => undefined);
  response.writeHead(status, { 'content-type': 'text/xml', 'content-length': bytes.length }).end(bytes);
}
