import { describe, expect, it } from 'vitest';
import { CloudEndedError } from '../../../cli/errors.js';
import { failedCommand, runResult, startedResult } from '../../../cli/execution/runResult.js';
import { PayloadError } from '../../../run/parsePayload.js';
import { exampleSnapshot, exampleSummary } from './examples.js';

const keys = ['bill', 'error', 'files', 'quality', 'ranks', 'resultPrefix', 'runId', 'status', 'throughput'];

describe('result of a run for machines', () => {
  it('is what the summary says, when there is one', () => {
    const summary = exampleSummary(4);
    const result = runResult(exampleSnapshot({ status: 'SUCCEEDED' }), summary);
    expect(result).toEqual({
      runId: 'nightly-7',
      status: 'SUCCEEDED',
      resultPrefix: 's3://b/results/x',
      ranks: { expected: 4, succeeded: 4, failed: [] },
      throughput: summary.throughput,
      quality: summary.quality,
      bill: summary.bill,
      files: summary.files,
      error: null,
    });
  });

  it('names the ranks that failed and the error of the run', () => {
    const failed = [{ rank: 2, attempts: 3, cause: 'Runtime.ExitError: signal: killed' }];
    const summary = exampleSummary(4, { status: 'FAILED', ranks: { expected: 4, succeeded: 3, failed } });
    const fault = { name: 'RunFailedError', message: '1 of 4 ranks did not deliver' };
    const result = runResult(exampleSnapshot({ status: 'FAILED', fault }), summary);
    expect(result).toMatchObject({ status: 'FAILED', ranks: { failed }, error: { code: 'RunFailedError' } });
    expect(result.files?.predictions).toHaveLength(4);
  });

  it('says what it knows of a run without a summary', () => {
    const stopped = exampleSnapshot({ status: 'ABORTED', fault: { name: 'Stopped', message: 'Ctrl-C' } });
    expect(runResult(stopped, undefined)).toMatchObject({
      status: 'ABORTED',
      resultPrefix: 's3://b/results/x',
      ranks: { expected: 4, succeeded: 1, failed: [] },
      files: null,
      error: { code: 'Stopped', message: 'Ctrl-C' },
    });
  });

  it('has the same keys whatever happened', () => {
    const results = [
      runResult(exampleSnapshot(), exampleSummary(4)),
      runResult(exampleSnapshot({ address: undefined, ranks: undefined }), undefined),
      startedResult('nightly-7'),
      failedCommand(false, new Error('no')),
    ];
    for (const result of results) expect(Object.keys(result).sort()).toEqual(keys);
  });

  it('gives the code of what kept a run from starting', () => {
    const error = new PayloadError([{ key: 'bucket', message: 'missing' }]);
    expect(failedCommand(false, error)).toMatchObject({
      runId: null,
      status: 'FAILED',
      error: { code: 'INVALID_PAYLOAD' },
    });
    expect(failedCommand(true, error).status).toBe('ABORTED');
  });

  it('names the run that was lost sight of', () => {
    const error = new CloudEndedError('The embedded cloud has ended under this command.');
    expect(failedCommand(false, error, 'nightly-7')).toMatchObject({
      runId: 'nightly-7',
      status: 'FAILED',
      error: { code: 'CLOUD_ENDED' },
    });
  });
});
