import { InvokeCommand } from '@aws-sdk/client-lambda';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { decode, LambdaFixture } from './lambdaFixture.js';

const forever = 'new Promise(() => setInterval(() => {}, 1e6))';

let lambda: LambdaFixture;
beforeAll(async () => {
  lambda = await LambdaFixture.start(
    {
      hangs: { source: `await ${forever}; export const handler = 1;`, timeoutS: 1 },
      hangsOnce: {
        source: `import { existsSync, writeFileSync } from 'node:fs';
          const mark = process.env.TMPDIR + '/again';
          if (!existsSync(mark)) { writeFileSync(mark, ''); await ${forever}; }
          export const handler = async () => 'second start';`,
      },
    },
    { initTimeoutMs: 700 },
  );
});
afterAll(() => lambda.close());

async function invoke(FunctionName: string): Promise<unknown> {
  return decode((await lambda.client.send(new InvokeCommand({ FunctionName }))).Payload);
}

test('an init phase that takes too long is tried again within the time of the invocation', async () => {
  expect(await invoke('hangsOnce')).toBe('second start');
  const lines = lambda.logs.messages('hangsOnce');
  expect(lines.find((line) => line.startsWith('INIT_REPORT'))).toMatch(/\tPhase: init\tStatus: timeout\n$/);
  expect(lines.at(-1)).toMatch(/^REPORT (?!.*Init Duration)/);
});

test('an init phase that never ends uses up the time of the invocation', async () => {
  expect(await invoke('hangs')).toMatchObject({ errorType: 'Sandbox.Timedout' });
  const phases = lambda.logs.messages('hangs').filter((line) => line.startsWith('INIT_REPORT'));
  expect(phases.map((line) => line.replace(/[\d.]+ ms/, '#'))).toEqual([
    'INIT_REPORT Init Duration: #\tPhase: init\tStatus: timeout\n',
    'INIT_REPORT Init Duration: #\tPhase: invoke\tStatus: timeout\n',
  ]);
});
