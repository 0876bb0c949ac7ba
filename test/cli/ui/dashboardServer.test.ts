import { once } from 'node:events';
import { type IncomingHttpHeaders, request } from 'node:http';
import { text } from 'node:stream/consumers';
import {
  DescribeExecutionCommand,
  ExecutionDoesNotExist,
  GetExecutionHistoryCommand,
  ListExecutionsCommand,
  ListMapRunsCommand,
  SFNClient,
  StartExecutionCommand,
  StopExecutionCommand,
} from '@aws-sdk/client-sfn';
import { mockClient } from 'aws-sdk-client-mock';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createClients } from '../../../cli/cloud/clients.js';
import type { Target } from '../../../cli/cloud/target.js';
import type { DashboardSource } from '../../../cli/ui/dashboardRoutes.js';
import { DashboardServer } from '../../../cli/ui/dashboardServer.js';
import { RunList } from '../../../cli/ui/runList.js';
import { attemptsKey, metricsKey, reportKey, s3Uri, summaryKey } from '../../../run/keys.js';
import { type EmbeddedS3, startEmbeddedS3 } from '../../embeddedS3.js';
import { exampleSummary, executionArn, stateMachineArn } from '../execution/examples.js';

const sfn = mockClient(SFNClient);
const payload = '{ "bucket": "a-bucket", "model": "m.onnx", "data_prefix": "d", "result_path": "results/x" }';
const resultPrefix = 'results/x';

let s3: EmbeddedS3;
let server: DashboardServer;
let source: DashboardSource;
let status: 'RUNNING' | 'SUCCEEDED' | 'ABORTED';

beforeAll(async () => {
  s3 = await startEmbeddedS3();
  const store = s3.store();
  const report = s3Uri(s3.bucket, reportKey(resultPrefix));
  const { files } = exampleSummary(2);
  await store.putJson(s3.bucket, summaryKey(resultPrefix), exampleSummary(2, { files: { ...files, report } }));
  await store.put(s3.bucket, reportKey(resultPrefix), '<!doctype html><title>the report</title>');
  await store.put(s3.bucket, 'elsewhere.html', 'of somebody else');
  for (const rank of [0, 1]) {
    await store.putJson(s3.bucket, attemptsKey(resultPrefix, rank), { runId: 'nightly-7', rank, attempts: [] });
    await store.putJson(s3.bucket, metricsKey(resultPrefix, rank), {});
  }
});
afterAll(() => s3.close());

beforeEach(async () => {
  status = 'SUCCEEDED';
  sfn.reset();
  const initialized = JSON.stringify({ bucket: s3.bucket, resultPrefix, worldSize: 2 });
  sfn.on(GetExecutionHistoryCommand).resolves({
    events: [
      { id: 1, timestamp: new Date(1_000), type: 'ExecutionStarted' },
      { id: 2, timestamp: new Date(2_000), type: 'TaskStateEntered', stateEnteredEventDetails: { name: 'Initialize' } },
      {
        id: 3,
        timestamp: new Date(3_000),
        type: 'TaskStateExited',
        stateExitedEventDetails: { name: 'Initialize', output: initialized },
      },
      { id: 4, timestamp: new Date(9_000), type: 'ExecutionSucceeded' },
    ],
  });
  sfn.on(ListMapRunsCommand).resolves({ mapRuns: [] });
  sfn.on(ListExecutionsCommand).callsFake(() => ({
    executions: [{ name: 'nightly-7', executionArn, status, startDate: new Date(1_000), stopDate: new Date(9_000) }],
  }));
  sfn.on(DescribeExecutionCommand).callsFake(({ executionArn: arn }) => {
    if (arn !== executionArn) throw new ExecutionDoesNotExist({ message: 'none', $metadata: {} });
    return { name: 'nightly-7', status, startDate: new Date(1_000), stopDate: new Date(9_000), input: payload };
  });
  sfn.on(StartExecutionCommand).resolves({ executionArn, startDate: new Date() });
  const target: Target = {
    kind: 'local',
    clients: { ...createClients({ endpoint: 'http://127.0.0.1:1', region: 'us-east-1' }), s3: s3.client },
    region: 'us-east-1',
    stateMachineArn: async () => stateMachineArn,
    lost: new AbortController().signal,
    close: async () => {},
  };
  const page = new Map([
    ['index.html', { contentType: 'text/html; charset=utf-8', content: Buffer.from('<p>page</p>') }],
  ]);
  const cloud = { kind: 'local', region: 'us-east-1', title: 'embedded cloud' } as const;
  source = { target, runs: new RunList(target), page, cloud };
  server = await DashboardServer.start(source, 0);
});
afterEach(() => server.close());

interface Answer {
  readonly status: number | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

async function ask(path: string, options: { headers?: Record<string, string>; post?: object } = {}): Promise<Answer> {
  const { headers, post } = options;
  const sent = request(new URL(path, server.url), {
    method: post ? 'POST' : 'GET',
    headers: { ...(post ? { 'content-type': 'application/json' } : {}), ...headers },
  });
  sent.end(post && JSON.stringify(post));
  const [response] = await once(sent, 'response');
  return { status: response.statusCode, headers: response.headers, body: await text(response) };
}

const json = async (path: string, post?: object) => {
  const { status, body } = await ask(path, { post });
  return { status, body: JSON.parse(body) };
};

describe('the dashboard lets in', () => {
  it('nobody without its token, whatever is asked for', async () => {
    for (const path of [
      '/',
      '/api/runs',
      '/guess/',
      '/guess/api/runs',
      '/dashboard.js',
      `/${'x'.repeat(32)}/api/cloud`,
    ]) {
      const { status, body, headers } = await ask(path);
      expect(status).toBe(403);
      expect(body).not.toContain('nightly-7');
      expect(headers['access-control-allow-origin']).toBeUndefined();
    }
    expect((await ask('/guess/api/runs', { post: { text: payload } })).status).toBe(403);
    expect(sfn.commandCalls(StartExecutionCommand)).toHaveLength(0);
  });

  it('no name that was rebound to this machine, not even with the token', async () => {
    expect((await ask('api/runs', { headers: { host: 'rebound.example' } })).status).toBe(421);
  });

  it('no page of another origin, not even with the token', async () => {
    const foreign = { origin: 'https://evil.example' };
    expect((await ask('api/runs', { headers: foreign })).status).toBe(403);
    expect((await ask('api/runs', { headers: foreign, post: { text: payload } })).status).toBe(403);
    expect((await ask('api/runs', { headers: { 'sec-fetch-site': 'same-site' } })).status).toBe(403);
    expect(sfn.commandCalls(StartExecutionCommand)).toHaveLength(0);
  });

  it('who opens its address, by 127.0.0.1 alone, with a policy that loads nothing from elsewhere', async () => {
    expect(server.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/[\w-]{32}\/$/);
    const { status, body, headers } = await ask('');
    expect({ status, body }).toEqual({ status: 200, body: '<p>page</p>' });
    expect(headers['content-security-policy']).toMatch(/^default-src 'none'; script-src 'self'; style-src 'self'/);
    expect(headers).toMatchObject({
      'referrer-policy': 'no-referrer',
      'x-frame-options': 'DENY',
      'cache-control': 'no-store',
    });
    expect(headers['set-cookie']).toBeUndefined();
  });

  it('the browser that it opened, once', async () => {
    const ticket = server.drawTicket();
    expect(ticket).not.toContain(new URL(server.url).pathname);
    expect(await ask(ticket)).toMatchObject({ status: 303, headers: { location: new URL(server.url).pathname } });
    expect((await ask(ticket)).status).toBe(403);
  });
});

describe('the dashboard tells', () => {
  it('the newest runs with their cost', async () => {
    const { body } = await json('api/runs');
    expect(body.runs).toMatchObject([{ runId: 'nightly-7', status: 'SUCCEEDED', durationMs: 8_000, usd: 0.0012 }]);
  });

  it('runs that have ended without looking them up again, for some minutes', async () => {
    await json('api/runs');
    const lookUps = () => sfn.commandCalls(GetExecutionHistoryCommand).length;
    const before = lookUps();
    expect((await json('api/runs')).body.runs).toMatchObject([{ runId: 'nightly-7', usd: 0.0012 }]);
    expect(lookUps()).toBe(before);
    const [known] = await source.runs.newest(1, Date.now() + 6 * 60_000);
    expect(known.runId).toBe('nightly-7');
    expect(lookUps()).toBe(before + 1);
  });

  it('all of a run: how it ended, its payload and its summary', async () => {
    const { status, body } = await json('api/runs/nightly-7');
    expect(status).toBe(200);
    expect(body).toMatchObject({
      runId: 'nightly-7',
      worldSize: 2,
      resultPrefix: `s3://${s3.bucket}/results/x`,
      payload: JSON.parse(payload),
      summary: { samples: 500, rows: [{ rank: 0 }, { rank: 1 }] },
    });
    expect(body.summary.files).toBeUndefined();
  });

  it.each(['nobody', '..%2f..', 'a%20b'])('that there is no run %s', async (name) => {
    for (const path of [`api/runs/${name}`, `api/runs/${name}/live`, `reports/${name}`]) {
      expect(await json(path)).toMatchObject({ status: 404, body: { error: { code: 'RUN_NOT_FOUND' } } });
    }
    expect(await json(`api/runs/${name}/stop`, {})).toMatchObject({ status: 404 });
  });

  it('the events, ranks and end of a run as a stream', async () => {
    const { headers, body } = await ask('api/runs/nightly-7/live?log=none');
    expect(headers['content-type']).toContain('text/event-stream');
    const messages = body
      .trim()
      .split('\n\n')
      .map((message) => /^event: (\w+)\ndata: (.*)$/.exec(message))
      .map((match) => [match?.[1], JSON.parse(match?.[2] ?? 'null')] as const);
    expect(messages.map(([name]) => name)).toEqual(['progress', 'ranks', 'events', 'ended']);
    const told = Object.fromEntries(messages);
    expect(told.ranks).toMatchObject([
      { rank: 0, state: 'done' },
      { rank: 1, state: 'done' },
    ]);
    expect(told.events.map((event: { text: string }) => event.text)).toEqual(
      expect.arrayContaining(['The run is started', 'Initialize begins', 'Rank 1 is through', 'The run has succeeded']),
    );
    expect(told.ended).toEqual({ status: 'SUCCEEDED' });
  });

  it('which log it cannot follow', async () => {
    expect(await json('api/runs/nightly-7/live?log=some')).toMatchObject({ status: 400 });
  });

  it('the report, shut into an origin of its own that runs nothing', async () => {
    const { body, headers } = await ask('reports/nightly-7');
    expect(body).toContain('the report');
    expect(headers['content-security-policy']).toMatch(/^sandbox; default-src 'none'/);
  });

  it('no report that lies outside of the run', async () => {
    const { files } = exampleSummary(2);
    const report = s3Uri(s3.bucket, 'elsewhere.html');
    await s3.store().putJson(s3.bucket, summaryKey('results/y'), exampleSummary(2, { files: { ...files, report } }));
    const output = JSON.stringify({ bucket: s3.bucket, resultPrefix: 'results/y', worldSize: 2 });
    sfn.on(GetExecutionHistoryCommand).resolves({
      events: [
        {
          timestamp: new Date(),
          type: 'TaskStateExited',
          id: 1,
          stateExitedEventDetails: { name: 'Initialize', output },
        },
      ],
    });
    expect(await json('reports/nightly-7')).toMatchObject({ status: 404, body: { error: { code: 'NO_REPORT' } } });
  });

  it('that there is nothing at an address that it does not have', async () => {
    for (const path of ['api', 'api/other', '../package.json', '%2e%2e/%2e%2e/package.json', 'runs']) {
      expect([403, 404]).toContain((await ask(path)).status);
    }
  });
});

describe('the dashboard takes', () => {
  it('a payload to be checked, and lists every fault of it', async () => {
    const bad = payload.replace('"model"', '"modle"');
    expect(await json('api/check', { text: payload })).toEqual({ status: 200, body: { faults: [] } });
    const { body } = await json('api/check', { text: bad });
    expect(body.faults).toContainEqual({ key: 'modle', message: 'unknown key; did you mean "model"?', line: 1 });
  });

  it('a payload to be run, as it was written, with a name', async () => {
    expect(await json('api/runs', { text: payload, name: 'nightly-8' })).toEqual({
      status: 201,
      body: { runId: 'nightly-8' },
    });
    const [started] = sfn.commandCalls(StartExecutionCommand);
    expect(started.args[0].input).toMatchObject({ name: 'nightly-8', stateMachineArn });
    expect(JSON.parse(started.args[0].input.input ?? '')).toEqual(JSON.parse(payload));
  });

  it('no payload with faults and no name that cannot be one', async () => {
    expect(await json('api/runs', { text: '{}' })).toMatchObject({ status: 422, body: { faults: expect.any(Array) } });
    expect(await json('api/runs', { text: payload, name: 'a b' })).toMatchObject({ status: 409 });
    expect(sfn.commandCalls(StartExecutionCommand)).toHaveLength(0);
  });

  it('the wish to stop a run that runs', async () => {
    status = 'RUNNING';
    sfn.on(GetExecutionHistoryCommand).resolves({ events: [] });
    sfn.on(StopExecutionCommand).callsFake(() => {
      status = 'ABORTED';
      return { stopDate: new Date() };
    });
    expect(await json('api/runs/nightly-7/stop', {})).toEqual({ status: 200, body: { status: 'ABORTED' } });
    expect(sfn.commandCalls(StopExecutionCommand)[0].args[0].input).toMatchObject({
      cause: 'Stopped in the dashboard.',
    });
  });

  it('no wish to stop a run that has ended', async () => {
    expect(await json('api/runs/nightly-7/stop', {})).toMatchObject({
      status: 409,
      body: { error: { code: 'RUN_ENDED' } },
    });
    expect(sfn.commandCalls(StopExecutionCommand)).toHaveLength(0);
  });

  it('nothing else in a request, and no more than it must', async () => {
    expect(await json('api/check', { text: payload, more: 1 })).toMatchObject({ status: 400 });
    expect(await json('api/check', { text: 'x'.repeat(1024 * 1024) })).toMatchObject({ status: 413 });
  });
});

describe('the end of the dashboard', () => {
  it('ends streams that are under way and leaves the port', async () => {
    status = 'RUNNING';
    const sent = request(new URL('api/runs/nightly-7/live', server.url)).end();
    const [response] = await once(sent, 'response');
    const ended = new Promise<void>((resolve) => {
      response.on('error', () => resolve()).on('close', () => resolve());
      response.resume();
    });
    const { url } = server;
    await server.close();
    await ended;
    await expect(fetch(url)).rejects.toThrow();
    const again = await DashboardServer.start(source, Number(new URL(url).port));
    await again.close();
  });
});
