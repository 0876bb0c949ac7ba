import { beforeAll, describe, expect, it, vi } from 'vitest';
import { PermanentError } from '../../functions/errors.js';
import type { handler as executorHandler } from '../../functions/executor.js';
import { readCause } from '../../job/releaseRank.js';

let handler: typeof executorHandler;

beforeAll(async () => {
  const environment = {
    AWS_REGION: 'us-east-1',
    AWS_LAMBDA_FUNCTION_NAME: 'executor',
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '1769',
    MUSTER_EXECUTOR_FUNCTION: 'executor',
    MUSTER_EXECUTOR_MEMORY_MB: '1769',
    MUSTER_EPHEMERAL_STORAGE_MB: '512',
    MUSTER_REPORT_TIMEOUT_MS: '0',
    POWERTOOLS_LOG_LEVEL: 'SILENT',
  };
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
  ({ handler } = await import('../../functions/executor.js'));
  return () => vi.unstubAllEnvs();
});

const context = {
  awsRequestId: 'request',
  functionName: 'executor',
  logGroupName: 'group',
  logStreamName: 'stream',
  getRemainingTimeInMillis: () => 60_000,
};

describe('the executor', () => {
  it('gives up at once, naming every field, when its event is not what the state machine sends', async () => {
    const thrown = await handler({ runId: 'run-1', rank: '0', generation: -1 }, context).catch((error) => error);
    expect(thrown).toBeInstanceOf(PermanentError);
    const document = JSON.stringify({ errorType: thrown.name, errorMessage: thrown.message });
    const { error, cause } = readCause(thrown.name, document);
    expect(error).toBe('EventError');
    for (const field of ['bucket', 'resultPrefix', 'rank', 'generation']) expect(cause).toContain(field);
    expect(cause).not.toContain('runId');
  });
});
