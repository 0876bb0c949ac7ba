import type { IncomingMessage, ServerResponse } from 'node:http';
import { z } from 'zod';
import { payloadJsonSchema } from '../../run/payload.js';
import type { Target } from '../cloud/target.js';
import { RunEndedError } from '../errors.js';
import { errorReport } from '../errorText.js';
import { executionArnOf } from '../execution/executionArn.js';
import { pollIntervalMs } from '../execution/pollInterval.js';
import { startRun } from '../execution/startRun.js';
import { stopRun } from '../execution/stopRun.js';
import { send, sendJson } from './answers.js';
import { checkPayload } from './checkPayload.js';
import { RequestRefusedError } from './errors.js';
import { sendEvents } from './eventStream.js';
import { type LogChoice, liveRun } from './liveRun.js';
import type { PageFile } from './pageFiles.js';
import { readBody } from './requestBody.js';
import { pagePolicy, reportPolicy } from './responseHeaders.js';
import type { RunList } from './runList.js';
import { observerOf, reportOf, runView } from './runView.js';
import type { CloudView, LiveMessage, PayloadCheckView, RefusalView } from './wire.js';

/** What the dashboard shows and where it gets it from. */
export interface DashboardSource {
  readonly target: Target;
  readonly runs: RunList;
  readonly cloud: CloudView;
  readonly page: ReadonlyMap<string, PageFile>;
}

/** One request that the guard has let through. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** Of the address, behind the token. */
  readonly query: URLSearchParams;
  /** Aborts when nobody waits for the answer any more. */
  readonly signal: AbortSignal;
}

type Handler = (source: DashboardSource, exchange: Exchange, runId: string) => Promise<void>;

/** Runs that the list shows at most. */
const listLength = 50;

const routes: readonly { readonly method: string; readonly path: RegExp; readonly handle: Handler }[] = [
  { method: 'GET', path: /^\/api\/cloud$/, handle: sendCloud },
  { method: 'GET', path: /^\/api\/schema$/, handle: sendSchema },
  { method: 'POST', path: /^\/api\/check$/, handle: check },
  { method: 'GET', path: /^\/api\/runs$/, handle: list },
  { method: 'POST', path: /^\/api\/runs$/, handle: start },
  { method: 'GET', path: /^\/api\/runs\/([^/]+)$/, handle: view },
  { method: 'GET', path: /^\/api\/runs\/([^/]+)\/live$/, handle: follow },
  { method: 'POST', path: /^\/api\/runs\/([^/]+)\/stop$/, handle: stop },
  { method: 'GET', path: /^\/reports\/([^/]+)$/, handle: sendReport },
];

/** @throws RequestRefusedError for an address that there is not, and whatever the cloud says. */
export async function answer(source: DashboardSource, path: string, exchange: Exchange): Promise<void> {
  const { method } = exchange.request;
  const file = method === 'GET' ? source.page.get(path === '/' ? 'index.html' : path.slice(1)) : undefined;
  if (file) {
    send(exchange.response, 200, file.contentType, file.content, { 'content-security-policy': pagePolicy });
    return;
  }
  for (const route of routes) {
    const match = route.method === method ? route.path.exec(path) : null;
    if (match) return route.handle(source, exchange, match[1] ?? '');
  }
  throw new RequestRefusedError(404, 'There is nothing at this address.');
}

async function sendCloud({ cloud }: DashboardSource, { response }: Exchange): Promise<void> {
  sendJson(response, 200, cloud);
}

async function sendSchema(_: DashboardSource, { response }: Exchange): Promise<void> {
  sendJson(response, 200, payloadJsonSchema());
}

const checkSchema = z.strictObject({ text: z.string() });

async function check(_: DashboardSource, { request, response }: Exchange): Promise<void> {
  const { text } = await readBody(request, checkSchema);
  const answered: PayloadCheckView = { faults: checkPayload(text).faults };
  sendJson(response, 200, answered);
}

async function list({ runs }: DashboardSource, { response }: Exchange): Promise<void> {
  sendJson(response, 200, { runs: await runs.newest(listLength) });
}

const startSchema = z.strictObject({ text: z.string(), name: z.string().optional() });

async function start({ target }: DashboardSource, { request, response }: Exchange): Promise<void> {
  const { text, name } = await readBody(request, startSchema);
  const reading = checkPayload(text);
  if (!('payload' in reading)) {
    const message = 'The payload has faults.';
    const refusal: RefusalView = { error: { code: 'INVALID_PAYLOAD', message }, faults: reading.faults };
    sendJson(response, 422, refusal);
    return;
  }
  const { runId } = await startRun(target.clients.sfn, await target.stateMachineArn(), reading.payload, name);
  sendJson(response, 201, { runId });
}

async function view({ target }: DashboardSource, { response, signal }: Exchange, runId: string): Promise<void> {
  sendJson(response, 200, await runView(target, runId, signal));
}

const logChoiceSchema = z
  .union([
    z.enum(['all', 'none']),
    z
      .string()
      .regex(/^\d{1,5}$/)
      .transform(Number),
  ])
  .default('none');

async function follow({ target }: DashboardSource, exchange: Exchange, runId: string): Promise<void> {
  const { response, query, signal } = exchange;
  const choice = logChoiceSchema.safeParse(query.get('log') ?? undefined);
  if (!choice.success) throw new RequestRefusedError(400, '"log" must be a rank, "all" or "none".');
  const observer = await observerOf(target, runId);
  // Whether there is such a run is to be known while the status can still say so.
  await observer.observe(signal);
  await sendEvents(
    response,
    faultsTold(liveRun(target, observer, choice.data satisfies LogChoice, signal), signal),
    signal,
  );
}

/** A stream that breaks says why before it ends. */
async function* faultsTold(messages: AsyncIterable<LiveMessage>, signal: AbortSignal): AsyncGenerator<LiveMessage> {
  try {
    yield* messages;
  } catch (error) {
    signal.throwIfAborted();
    const { code, message } = errorReport(error);
    yield { name: 'fault', data: { code, message } };
  }
}

async function stop({ target }: DashboardSource, { response, signal }: Exchange, runId: string): Promise<void> {
  await observerOf(target, runId);
  const { status, endedBefore } = await stopRun(target.clients, executionArnOf(await target.stateMachineArn(), runId), {
    cause: 'Stopped in the dashboard.',
    pollMs: pollIntervalMs[target.kind],
    signal,
  });
  if (endedBefore) throw new RunEndedError(runId, status);
  sendJson(response, 200, { status });
}

async function sendReport({ target }: DashboardSource, { response, signal }: Exchange, runId: string): Promise<void> {
  const report = await reportOf(target, runId, signal);
  send(response, 200, 'text/html; charset=utf-8', report, { 'content-security-policy': reportPolicy });
}
