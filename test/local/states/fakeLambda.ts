import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Json } from '../../../local/states/json.js';
import { parseJson } from '../../../local/states/json.js';

/** An answer of the Invoke API: a result, an error that the function raised, or an error of the service. */
export type Answer =
  | { result: Json }
  | { functionError: { errorType?: string; errorMessage: string } }
  | { status: number; type: string; message: string };

/** What a test's function gets: its payload, and a signal that is aborted when the caller gives up. */
export type FakeFunction = (payload: Json, call: { signal: AbortSignal; name: string }) => Answer | Promise<Answer>;

const invokePath = /^\/2015-03-31\/functions\/([^/]+)\/invocations$/;

/** A Lambda of functions that live in a test; speaks the REST path of Invoke. */
export class FakeLambda {
  readonly functions: Record<string, FakeFunction>;
  readonly payloads: Json[] = [];
  mostAtOnce = 0;
  #running = 0;

  constructor(functions: Record<string, FakeFunction>) {
    this.functions = functions;
  }

  /** Whether a request is for Lambda. */
  static takes({ url = '' }: IncomingMessage): boolean {
    return url.startsWith('/2015-03-31/');
  }

  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = (request.url ?? '').split('?')[0] ?? '';
    const name = decodeURIComponent(invokePath.exec(path)?.[1] ?? '').replace(/^arn:.*:function:/, '');
    const pieces: Buffer[] = [];
    for await (const piece of request) pieces.push(piece);
    const payload = parseJson(Buffer.concat(pieces).toString() || 'null');
    this.payloads.push(payload);
    const gone = new AbortController();
    response.on('close', () => gone.abort());
    this.mostAtOnce = Math.max(this.mostAtOnce, ++this.#running);
    const run = this.functions[name];
    const answer: Answer = run
      ? await run(payload, { signal: gone.signal, name })
      : { status: 404, type: 'ResourceNotFoundException', message: `Function not found: ${name}` };
    this.#running--;
    if (response.destroyed) return;
    if ('status' in answer) {
      response.writeHead(answer.status, { 'content-type': 'application/json', 'x-amzn-errortype': answer.type });
      response.end(JSON.stringify({ Message: answer.message }));
    } else if ('functionError' in answer) {
      response.writeHead(200, { 'x-amz-function-error': 'Unhandled', 'x-amz-executed-version': '$LATEST' });
      response.end(JSON.stringify(answer.functionError));
    } else {
      response.writeHead(200, { 'x-amz-executed-version': '$LATEST' });
      response.end(JSON.stringify(answer.result));
    }
  }
}
