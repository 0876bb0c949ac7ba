import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readCause, releaseRank } from '../../job/releaseRank.js';
import { failureKey, planKey, rendezvousKey } from '../../run/keys.js';
import { rankFailureSchema } from '../../run/metrics.js';
import { type EmbeddedS3, startEmbeddedS3 } from '../embeddedS3.js';
import { sampleMeeting, samplePlan } from './samplePlan.js';

let s3: EmbeddedS3;
beforeAll(async () => {
  s3 = await startEmbeddedS3();
});
afterAll(() => s3.close());

describe('readCause', () => {
  it.each([
    [
      'a Lambda error',
      'TypeError',
      '{"errorType":"TypeError","errorMessage":"x is null","trace":[]}',
      ['TypeError', 'x is null'],
    ],
    [
      'a permanent error',
      'PermanentError',
      '{"errorType":"PermanentError","errorMessage":"PickleRefusedError: 1.pt: os.system\\nsecond line"}',
      ['PickleRefusedError', '1.pt: os.system\nsecond line'],
    ],
    [
      'a timeout of Step Functions',
      'States.Timeout',
      '',
      ['States.Timeout', ' (Lambda did not answer in time; look at the log of the rank)'],
    ],
    [
      'a process that was killed',
      'Runtime.ExitError',
      '{"errorType":"Runtime.ExitError","errorMessage":"signal: killed"}',
      ['Runtime.ExitError', expect.stringMatching(/^signal: killed .*raise memorySize/)],
    ],
    [
      'plain text',
      'Lambda.ServiceException',
      'Service unavailable',
      ['Lambda.ServiceException', 'Service unavailable'],
    ],
    ['JSON that is no document', 'Odd', '[1]', ['Odd', '[1]']],
  ])('reads %s', (_, error, cause, [name, message]) => {
    expect(readCause(error, cause)).toEqual({ error: name, cause: message });
  });
});

describe('releaseRank', () => {
  const request = () => ({
    runId: 'run-1',
    bucket: s3.bucket,
    resultPrefix: 'results',
    error: 'Boom',
    cause: 'it broke',
  });

  it('records why a rank was given up, even when the rendezvous cannot be told', async () => {
    const warnings: string[] = [];
    const secret = 'a secret of sixteen bytes or more';
    const collectives = { channel: 'relay', reason: 'test' } as const;
    await s3.store().putJson(s3.bucket, planKey('results'), samplePlan(s3.bucket, { collectives }));
    const meeting = sampleMeeting('run-1', { url: 'ws://127.0.0.1:9', secret });
    await s3.store().putJson(s3.bucket, rendezvousKey('results'), meeting);
    const logger = { warn: (message: string) => warnings.push(message) };
    await releaseRank({ ...request(), rank: 3, attempts: 2 }, { store: s3.store(), logger });
    const failure = await s3.store().getJson(s3.bucket, failureKey('results', 3), rankFailureSchema);
    expect(failure).toMatchObject({ rank: 3, attempts: 2, error: 'Boom', cause: 'it broke' });
    expect(warnings).toEqual(['The rendezvous could not be told.']);
  });

  it('writes nothing when the whole run is given up', async () => {
    const logger = { warn: () => undefined };
    const store = s3.store();
    await releaseRank(request(), { store, logger });
    expect(store.calls.counts.put).toBe(0);
  });
});
