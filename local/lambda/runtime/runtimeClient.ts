import { Agent, type IncomingHttpHeaders, request } from 'node:http';
import type { ErrorDocument } from './errorDocument.js';

/** One invocation as the Runtime API hands it out. */
export interface NextInvocation {
  readonly event: string;
  readonly headers: IncomingHttpHeaders;
}

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** Client of the [Lambda Runtime API](https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html). */
export class RuntimeClient {
  readonly #base: string;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 });

  /** @param address `host:port` of the Runtime API. */
  constructor(address: string) {
    this.#base = `http://${address}/2018-06-01/runtime`;
  }

  /** Waits for the next invocation, however long it takes. */
  async next(): Promise<NextInvocation> {
    const { status, headers, body } = await this.#send('GET', '/invocation/next');
    if (status !== 200)
      throw new Error(`the Runtime API answered ${status} to a request for the next invocation: ${body}`);
    return { event: body, headers };
  }

  /** Posts the result of an invocation. The service answers 413 to one that is too long and fails the invocation itself. */
  async respond(requestId: string, json: string): Promise<void> {
    await this.#send('POST', `/invocation/${requestId}/response`, json);
  }

  async failInvocation(requestId: string, error: ErrorDocument): Promise<void> {
    await this.#postError(`/invocation/${requestId}/error`, error);
  }

  async failInit(error: ErrorDocument): Promise<void> {
    await this.#postError('/init/error', error);
  }

  #postError(path: string, error: ErrorDocument): Promise<Answer> {
    return this.#send('POST', path, JSON.stringify(error), { 'Lambda-Runtime-Function-Error-Type': error.errorType });
  }

  #send(method: string, path: string, body = '', headers: Record<string, string> = {}): Promise<Answer> {
    const bytes = Buffer.from(body);
    return new Promise((resolve, reject) => {
      const outgoing = request(
        `${this.#base}${path}`,
        {
          method,
          agent: this.#agent,
          headers: { ...headers, 'Content-Type': 'application/json', 'Content-Length': bytes.length },
        },
        (incoming) => {
          const chunks: Buffer[] = [];
          incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
          incoming.on('error', reject);
          incoming.on('end', () =>
            resolve({
              status: incoming.statusCode ?? 0,
              headers: incoming.headers,
              body: Buffer.concat(chunks).toString('utf8'),
            }),
          );
        },
      );
      outgoing.on('error', reject);
      outgoing.end(bytes);
    });
  }
}
