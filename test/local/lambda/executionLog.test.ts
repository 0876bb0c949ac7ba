import { InvokeCommand } from '@aws-sdk/client-lambda';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { billedDurationMs, textPlatformLog } from '../../../local/lambda/platformLog.js';
import { LambdaFixture } from './lambdaFixture.js';

const source = `
  import { spawnSync } from 'node:child_process';
  console.log('loading');
  export const handler = async ({ lines = 0, fail } = {}) => {
    console.log('hello %s', 'you', { a: [1] });
    console.warn('two\\nlines');
    process.stdout.write('raw out\\n');
    process.stderr.write('raw err\\n');
    spawnSync('echo', ['from a child'], { stdio: 'inherit' });
    for (let n = 0; n < lines; n++) process.stdout.write(n + '\\n');
    if (fail) throw new RangeError('no');
    process.stdout.write('without newline');
  };`;

let lambda: LambdaFixture;
beforeAll(async () => {
  lambda = await LambdaFixture.start({
    text: { source },
    json: { source, logFormat: 'JSON' },
    many: { source },
    failing: { source },
  });
});
afterAll(() => lambda.close());

async function invoke(FunctionName: string, event: object = {}): Promise<void> {
  await lambda.client.send(new InvokeCommand({ FunctionName, Payload: JSON.stringify(event) }));
}

test('the text log has the lines of Lambda and of the process, in order', async () => {
  await invoke('text');
  await invoke('text');
  const [, stream] =
    [...lambda.logs.streams.keys()].filter((key) => key.startsWith('/aws/lambda/text '))[0]?.split(' ') ?? [];
  expect(stream).toMatch(/^\d{4}\/\d\d\/\d\d\/\[\$LATEST\][0-9a-f]{32}$/);
  const id = '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}';
  const time = '\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z';
  const run = (report: string) => [
    `^START RequestId: ${id} Version: \\$LATEST\n$`,
    `^${time}\t${id}\tINFO\thello you \\{ a: \\[ 1 \\] \\}\n$`,
    `^${time}\t${id}\tWARN\ttwo\rlines\n$`,
    '^raw out\n$',
    '^raw err\n$',
    '^from a child\n$',
    '^without newline\n$',
    `^END RequestId: ${id}\n$`,
    `^REPORT RequestId: ${id}\tDuration: \\d+\\.\\d\\d ms\tBilled Duration: \\d+ ms\tMemory Size: 256 MB\tMax Memory Used: \\d+ MB\t${report}\n$`,
  ];
  const expected = [
    '^INIT_START Runtime Version: nodejs:\\S+\tRuntime Version ARN: arn:\\S+\n$',
    `^${time}\tundefined\tINFO\tloading\n$`,
    ...run('Init Duration: \\d+\\.\\d\\d ms\t'),
    ...run(''),
  ];
  const messages = lambda.logs.messages('text');
  expect(messages).toEqual(expected.map((pattern) => expect.stringMatching(new RegExp(pattern))));
});

test('a cold start bills its init phase, a warm one does not', async () => {
  await invoke('text');
  const reports = lambda.logs.messages('text').filter((message) => message.startsWith('REPORT'));
  expect(reports.length).toBeGreaterThan(1);
  for (const report of reports) {
    const number = (name: string) => Number(new RegExp(`\t${name}: ([\\d.]+)`).exec(report)?.[1] ?? 0);
    expect(number('Billed Duration')).toBe(
      Math.ceil(Math.round(100 * (number('Duration') + number('Init Duration'))) / 100),
    );
    expect(number('Max Memory Used')).toBeGreaterThan(20);
  }
});

test('many lines keep their order before the REPORT line', async () => {
  await invoke('many', { lines: 30_000 });
  const messages = lambda.logs.messages('many');
  const numbers = messages.filter((message) => /^\d+\n$/.test(message)).map(Number);
  expect(numbers).toEqual(Array.from({ length: 30_000 }, (_, n) => n));
  expect(messages.at(-1)).toMatch(/^REPORT/);
});

test('an error that the handler throws is logged and leaves the REPORT line without a status', async () => {
  await invoke('failing', { fail: true });
  const messages = lambda.logs.messages('failing');
  expect(messages.at(-3)).toMatch(/\tERROR\tInvoke Error \t\{"errorType":"RangeError","errorMessage":"no","stack":\[/);
  expect(messages.at(-1)).not.toContain('Status');
});

test('the JSON log has one document an event', async () => {
  await invoke('json');
  await invoke('json', { fail: true });
  const documents = lambda.logs
    .messages('json')
    .flatMap((message) => (message.startsWith('{') ? [JSON.parse(message)] : []));
  const [initStart, loading, start, hello, warning, report] = documents;
  expect(initStart).toMatchObject({ type: 'platform.initStart', record: { phase: 'init' } });
  expect(loading).toMatchObject({ level: 'INFO', message: 'loading' });
  expect(start).toMatchObject({ type: 'platform.start', record: { version: '$LATEST' } });
  expect(hello).toMatchObject({ level: 'INFO', message: 'hello you { a: [ 1 ] }', requestId: start.record.requestId });
  expect(warning).toMatchObject({ level: 'WARN', message: 'two\nlines' });
  expect(report).toMatchObject({
    type: 'platform.report',
    record: {
      requestId: start.record.requestId,
      status: 'success',
      metrics: {
        durationMs: expect.any(Number),
        billedDurationMs: expect.any(Number),
        memorySizeMB: 256,
        maxMemoryUsedMB: expect.any(Number),
        initDurationMs: expect.any(Number),
      },
    },
  });
  expect(documents.at(-2)).toMatchObject({ level: 'ERROR', message: { errorType: 'RangeError', errorMessage: 'no' } });
  expect(documents.at(-1)).toMatchObject({ record: { status: 'error', errorType: 'RangeError' } });
});

test('the billed duration is the printed durations, rounded up', () => {
  expect(billedDurationMs(14186.75, 660.76)).toBe(14848);
  expect(billedDurationMs(33.33, 66.67)).toBe(100);
  expect(billedDurationMs(100)).toBe(100);
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 90_000_000 }), fc.integer({ min: 0, max: 1_000_000 }), (duration, init) => {
      const billed = billedDurationMs(duration / 100, init / 100);
      expect(billed * 100).toBeGreaterThanOrEqual(duration + init);
      expect(billed * 100).toBeLessThan(duration + init + 100);
    }),
  );
});

test('REPORT lines read as those of AWS', () => {
  const report = {
    requestId: 'id',
    durationMs: 14186.75,
    billedDurationMs: 14848,
    memorySizeMb: 10240,
    maxMemoryUsedMb: 5948,
  };
  expect(textPlatformLog.report({ ...report, initDurationMs: 660.76, status: 'success' })).toBe(
    'REPORT RequestId: id\tDuration: 14186.75 ms\tBilled Duration: 14848 ms\tMemory Size: 10240 MB\tMax Memory Used: 5948 MB\tInit Duration: 660.76 ms\t',
  );
  expect(textPlatformLog.report({ ...report, status: 'timeout', errorType: 'Sandbox.Timedout' })).toMatch(
    /MB\tStatus: timeout$/,
  );
  expect(textPlatformLog.report({ ...report, status: 'error', errorType: 'Runtime.ExitError' })).toMatch(
    /MB\tStatus: error\tError Type: Runtime\.ExitError$/,
  );
});
