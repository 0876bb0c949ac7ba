import { mkdir } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { UsageError } from '../../cli/errors.js';
import { errorReport } from '../../cli/errorText.js';

function named(name: string, message: string): Error {
  return Object.assign(new Error(message), { name });
}

describe('errors for people', () => {
  it('have the code of our own', () => {
    expect(errorReport(new UsageError('no such thing'))).toEqual({
      code: 'USAGE',
      message: 'no such thing',
      unexpected: false,
    });
  });

  it('say what to do about missing credentials and a missing region', () => {
    expect(errorReport(named('CredentialsProviderError', 'Could not load credentials')).hint).toContain(
      'aws sso login',
    );
    expect(errorReport(named('Error', 'Region is missing'))).toMatchObject({
      hint: expect.stringContaining('--region'),
      unexpected: false,
    });
  });

  it('say what to do about a full disk and a place that cannot be used', async () => {
    const full = Object.assign(new Error('ENOSPC: no space left on device, write'), {
      code: 'ENOSPC',
      syscall: 'write',
    });
    expect(errorReport(full)).toMatchObject({ code: 'ENOSPC', hint: expect.stringContaining('free some space') });
    const noFolder = await mkdir('/dev/null/x').catch((error: unknown) => error);
    expect(errorReport(noFolder)).toMatchObject({ code: 'ENOTDIR', hint: expect.stringContaining('--directory') });
  });

  it('are unexpected when nobody thought of them', () => {
    expect(errorReport(new TypeError('x is undefined'))).toMatchObject({ code: 'TypeError', unexpected: true });
    expect(errorReport('thrown text')).toMatchObject({ code: 'Error', message: 'thrown text', unexpected: true });
  });

  it('of several addresses are all told', () => {
    const error = new AggregateError([
      new Error('connect ECONNREFUSED ::1:80'),
      new Error('connect ECONNREFUSED 127.0.0.1:80'),
    ]);
    expect(errorReport(error).message).toBe('connect ECONNREFUSED ::1:80; connect ECONNREFUSED 127.0.0.1:80');
  });
});
