import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { S3Error } from './errors.js';
import { xmlErrorDocument } from './xml.js';

/** Writes the answers of one request. */
export class Reply {
  readonly response: ServerResponse;
  readonly requestId: string;
  readonly hostId: string;

  constructor(response: ServerResponse, requestId: string, hostId: string) {
    this.response = response;
    this.requestId = requestId;
    this.hostId = hostId;
    // A client that went away while it was answered is no fault; without a listener it would end the process.
    response.on('error', () => undefined);
    response.setHeader('x-amz-request-id', requestId);
    response.setHeader('x-amz-id-2', hostId);
  }

  /** Sets status and headers, before a body that is written to the response. */
  head(status: number, headers: OutgoingHttpHeaders): ServerResponse {
    return this.response.writeHead(status, headers);
  }

  empty(status: number, headers: OutgoingHttpHeaders = {}): void {
    const length = status === 204 || status === 304 ? {} : { 'content-length': 0 };
    this.response.writeHead(status, { ...length, ...headers }).end();
  }

  document(xml: string, headers: OutgoingHttpHeaders = {}): void {
    this.#send(200, xml, headers);
  }

  /** An answer to HEAD tells of its error by the status alone. */
  error(error: S3Error, method: string, resource: string): void {
    if (method === 'HEAD') {
      this.response.writeHead(error.status, error.headers).end();
      return;
    }
    const xml = xmlErrorDocument({
      Code: error.code,
      Message: error.message,
      ...error.details,
      Resource: resource,
      RequestId: this.requestId,
      HostId: this.hostId,
    });
    this.#send(error.status, xml, error.headers);
  }

  #send(status: number, xml: string, headers: OutgoingHttpHeaders): void {
    const body = Buffer.from(xml);
    this.response
      .writeHead(status, { 'content-type': 'application/xml', 'content-length': body.length, ...headers })
      .end(body);
  }
}
