import {
  CreateAliasCommand,
  GetFunctionConfigurationCommand,
  InvokeCommand,
  UpdateFunctionCodeCommand,
  UpdateFunctionConfigurationCommand,
} from '@aws-sdk/client-lambda';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ensureMemory } from '../../../cli/memory/ensureMemory.js';
import { ExecutorConfigurationError, ExecutorInUseError, MemoryNotFoundError } from '../../../cli/memory/errors.js';
import { ExecutorFunction } from '../../../cli/memory/executorFunction.js';
import { MemoryVersions } from '../../../cli/memory/memoryVersions.js';
import type { ExecutorUse } from '../../../cli/memory/runningExecutors.js';
import { findExecutorVersion } from '../../../job/executorVersion.js';
import { decode, LambdaFixture } from '../../local/lambda/lambdaFixture.js';

const name = 'executor';
const source = 'export const handler = async (_event, context) => Number(context.memoryLimitInMB);';
let fixture: LambdaFixture;

beforeEach(async () => {
  fixture = await LambdaFixture.start({
    [name]: { source, memoryMb: 256, environment: { MUSTER_EXECUTOR_MEMORY_MB: '256' } },
  });
});
afterEach(() => fixture.close());

/** The tools of one command, as if it ran in a process of its own. */
function tools() {
  const executor = new ExecutorFunction(fixture.client, { name, pollMs: 1 });
  return { executor, versions: new MemoryVersions(fixture.client, executor) };
}

interface EnsureChanges {
  readonly runs?: readonly ExecutorUse[];
  readonly signal?: AbortSignal;
  readonly onMade?: (made: { memoryMb: number }) => void;
}

const ensure = (sizes: number[], changes: EnsureChanges = {}) =>
  ensureMemory(sizes, {
    ...tools(),
    runs: async () => changes.runs ?? [],
    signal: changes.signal ?? new AbortController().signal,
    onMade: changes.onMade ?? (() => undefined),
  });

async function memoryOf(Qualifier?: string): Promise<unknown> {
  const { Payload } = await fixture.client.send(new InvokeCommand({ FunctionName: name, Qualifier }));
  return decode(Payload);
}

const settledMemoryMb = async () => (await tools().executor.state()).memoryMb;

describe('making sizes of the executor', () => {
  it('gives each a version that its alias names, and leaves the function as it was deployed', async () => {
    const versions = await ensure([512, 384]);
    expect(versions.map(({ memoryMb, current }) => [memoryMb, current])).toEqual([
      [256, true],
      [384, true],
      [512, true],
    ]);
    expect(await memoryOf('memory-512')).toBe(512);
    expect(await memoryOf('memory-384')).toBe(384);
    expect(await memoryOf()).toBe(256);
  });

  it('makes only what is missing', async () => {
    const before = await ensure([512]);
    const made: number[] = [];
    const after = await ensure([512, 640, 640], { onMade: ({ memoryMb }) => made.push(memoryMb) });
    expect(made).toEqual([640]);
    expect(after.filter(({ memoryMb }) => memoryMb !== 640)).toEqual(before);
  });

  it('gives the deployed size its version first, so that runs that start meanwhile keep to that', async () => {
    const seen: unknown[] = [];
    const findDefault = () =>
      findExecutorVersion(fixture.client, { functionName: name, deployedMemoryMb: 256, memoryMb: undefined });
    await ensureMemory([512], {
      ...tools(),
      runs: async () => {
        seen.push(await findDefault());
        return [];
      },
      signal: new AbortController().signal,
      onMade: () => undefined,
    });
    expect(seen).toEqual([{ qualifier: '1', memoryMb: 256 }]);
    expect(await memoryOf('1')).toBe(256);
    expect(await findDefault()).toEqual({ qualifier: '1', memoryMb: 256 });
  });

  it.each([
    ['uses the function itself', '$LATEST'],
    ['has not chosen its version yet', undefined],
  ])('refuses while a run %s', async (_, qualifier) => {
    const refused = ensure([512], { runs: [{ runId: 'nightly-7', qualifier }] });
    await expect(refused).rejects.toThrow(ExecutorInUseError);
    await expect(refused).rejects.toThrow('nightly-7');
    expect(await settledMemoryMb()).toBe(256);
  });

  it('goes on beside runs that keep to a version', async () => {
    const versions = await ensure([512], { runs: [{ runId: 'nightly-7', qualifier: '1' }] });
    expect(versions).toHaveLength(2);
  });

  it('sets the function back when it is interrupted or fails', async () => {
    const interruption = new AbortController();
    const interrupted = ensure([512, 640], {
      signal: interruption.signal,
      onMade: ({ memoryMb }) => memoryMb === 512 && interruption.abort(new Error('Ctrl-C')),
    });
    await expect(interrupted).rejects.toThrow('Ctrl-C');
    expect(await settledMemoryMb()).toBe(256);
    const failing = ensure([768], {
      onMade: ({ memoryMb }) => {
        if (memoryMb === 768) throw new Error('a full disk');
      },
    });
    await expect(failing).rejects.toThrow('a full disk');
    expect(await settledMemoryMb()).toBe(256);
  });

  it('sets back what a command left that was killed, before it does anything', async () => {
    await fixture.client.send(new UpdateFunctionConfigurationCommand({ FunctionName: name, MemorySize: 999 }));
    await ensure([512]);
    expect(await settledMemoryMb()).toBe(256);
    expect(await memoryOf('memory-256')).toBe(256);
  });

  it('makes the sizes of two commands at the same time, each right', async () => {
    await ensure([256]);
    await Promise.all([ensure([512, 640]), ensure([384, 768])]);
    for (const memoryMb of [256, 384, 512, 640, 768]) expect(await memoryOf(`memory-${memoryMb}`)).toBe(memoryMb);
    expect(await settledMemoryMb()).toBe(256);
  });

  it('refuses a function that is no executor of Muster', async () => {
    await fixture.client.send(
      new UpdateFunctionConfigurationCommand({ FunctionName: name, Environment: { Variables: {} } }),
    );
    await expect(ensure([512])).rejects.toThrow(ExecutorConfigurationError);
  });
});

describe('the sizes', () => {
  it('leave out aliases of others, and are removed with their version', async () => {
    await ensure([512]);
    await fixture.client.send(new CreateAliasCommand({ FunctionName: name, Name: 'live', FunctionVersion: '2' }));
    const { versions } = tools();
    await versions.remove(await versions.find(256));
    expect((await versions.list()).map(({ memoryMb }) => memoryMb)).toEqual([512]);
    const removed = new GetFunctionConfigurationCommand({ FunctionName: name, Qualifier: '1' });
    await expect(fixture.client.send(removed)).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
    await expect(versions.find(256)).rejects.toThrow(MemoryNotFoundError);
  });

  it('are not current after a deployment of other code, and are made again', async () => {
    await ensure([512]);
    const { ZipFile } = await import('yazl');
    const { buffer } = await import('node:stream/consumers');
    const zip = new ZipFile();
    zip.addBuffer(Buffer.from(source.replace('Number(', '1 + Number(')), 'index.mjs');
    zip.end();
    await fixture.client.send(
      new UpdateFunctionCodeCommand({ FunctionName: name, ZipFile: await buffer(zip.outputStream) }),
    );
    expect((await tools().versions.list()).map(({ current }) => current)).toEqual([false, false]);
    await ensure([512]);
    expect(await memoryOf('memory-512')).toBe(513);
    expect((await tools().versions.list()).every(({ current }) => current)).toBe(true);
  });
});
