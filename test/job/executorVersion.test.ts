import { GetAliasCommand, GetFunctionConfigurationCommand } from '@aws-sdk/client-lambda';
import { describe, expect, it } from 'vitest';
import { basePayload, initialize, lambda, useSurvey, writtenPlan } from './surveyRun.js';

useSurvey();

describe('the version of the executor', () => {
  /** An alias `memory-3008` of version 7 with the code of `publishedCode`; the deployment has the code "now". */
  function publish(publishedCode: string, memoryMb = 3008) {
    lambda.on(GetAliasCommand, { Name: `memory-${memoryMb}` }).resolves({ FunctionVersion: '7' });
    lambda
      .on(GetFunctionConfigurationCommand, { Qualifier: '7' })
      .resolves({ CodeSha256: publishedCode, MemorySize: memoryMb })
      .on(GetFunctionConfigurationCommand, { Qualifier: '$LATEST' })
      .resolves({ CodeSha256: 'now', MemorySize: 2048 });
  }

  it('is the deployment itself when the payload asks for no memory, or for that of the deployment', async () => {
    for (const wish of [{}, { memory_mb: '2048' }]) {
      const run = await initialize({ ...basePayload(), ...wish });
      expect(run.executorQualifier).toBe('$LATEST');
      expect((await writtenPlan(run.resultPrefix)).plan).toMatchObject({
        executorQualifier: '$LATEST',
        executorMemoryMb: 2048,
      });
    }
  });

  it('is the one that the alias of the memory names, by its number, which stays', async () => {
    publish('now');
    const run = await initialize({ ...basePayload(), memory_mb: 3008 });
    expect(run.executorQualifier).toBe('7');
    expect((await writtenPlan(run.resultPrefix)).plan.executorMemoryMb).toBe(3008);
  });

  it('is kept to by runs without a wish too, once the memory of the deployment has one', async () => {
    publish('now', 2048);
    expect((await initialize(basePayload())).executorQualifier).toBe('7');
    publish('before', 2048);
    expect((await initialize(basePayload())).executorQualifier).toBe('$LATEST');
  });

  it('is asked for by the command that makes it, when it is missing or of another deployment', async () => {
    const missing = initialize({ ...basePayload(), memory_mb: 3008 });
    await expect(missing).rejects.toThrow(/executor has no version with 3008 MB.*"muster memory ensure 3008"/);
    publish('before');
    const stale = initialize({ ...basePayload(), memory_mb: 3008 });
    await expect(stale).rejects.toThrow(/executor was deployed anew .*"muster memory ensure 3008"/);
  });
});
