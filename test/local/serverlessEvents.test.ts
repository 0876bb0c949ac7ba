import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { packageRoot } from '../../cli/packageRoot.js';
import { ServerlessConfigError } from '../../local/errors.js';
import { readServerlessEvents } from '../../local/serverlessEvents.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'muster-events-'));
});
afterEach(() => rm(folder, { recursive: true }));

const options = {
  functionArn: (key: string) => `arn:${key}`,
  resolveIntrinsic: ({ argument }: { argument: unknown }) => (argument === 'Machine' ? 'arn:machine' : undefined),
};

async function rulesIn(text: string) {
  const path = join(folder, 'serverless.yml');
  await writeFile(path, text);
  return readServerlessEvents(path, options);
}

describe('events of serverless.yml', () => {
  it('become rules, with what their intrinsics stand for', async () => {
    const rules = await rulesIn(`
functions:
  quiet: { handler: index.handler }
  release:
    handler: index.handler
    events:
      - eventBridge: { pattern: { source: [aws.states], detail: { arn: [{ Ref: Machine }], other: [!Ref Machine] } } }
`);
    expect(rules).toEqual([
      {
        name: 'release-1',
        pattern: { source: ['aws.states'], detail: { arn: ['arn:machine'], other: ['arn:machine'] } },
        isEnabled: true,
        targets: [{ id: 'release', arn: 'arn:release' }],
      },
    ]);
  });

  it('are refused, all at once, where the embedded cloud cannot deliver them', async () => {
    const refused = rulesIn(`
functions:
  release:
    events:
      - s3: bucket
      - eventBridge: { pattern: { source: [{ Ref: Elsewhere }] } }
      - eventBridge: { pattern: { source: [{ prefix: aws }] } }
`);
    await expect(refused).rejects.toThrow(ServerlessConfigError);
    await expect(refused).rejects.toMatchObject({
      faults: [
        expect.stringContaining('events.0: the embedded cloud delivers events by eventBridge.pattern only'),
        expect.stringContaining('events.1: cannot be resolved here: Ref "Elsewhere"'),
        expect.stringContaining('events.2: '),
      ],
    });
  });

  it('tell the release function of this project when an execution was stopped', async () => {
    const rules = await readServerlessEvents(join(packageRoot, 'serverless.yml'), {
      ...options,
      resolveIntrinsic: () => 'arn:machine',
    });
    expect(rules).toMatchObject([
      {
        pattern: { detail: { stateMachineArn: ['arn:machine'], status: ['ABORTED', 'TIMED_OUT'] } },
        targets: [{ id: 'release', arn: 'arn:release' }],
      },
    ]);
  });
});
