import {
  GetAccountSettingsCommand,
  GetFunctionConcurrencyCommand,
  LambdaServiceException,
  ResourceNotFoundException,
} from '@aws-sdk/client-lambda';
import { ListObjectsV2Command, S3Client, S3ServiceException } from '@aws-sdk/client-s3';
import { mockClient } from 'aws-sdk-client-mock';
import { describe, expect, it } from 'vitest';
import { PreflightError } from '../../job/errors.js';
import { PayloadError } from '../../run/parsePayload.js';
import { basePayload, initialize, lambda, useSurvey } from './surveyRun.js';

useSurvey();

describe('initializeRun', () => {
  it('refuses a payload with all its faults before it looks at anything', async () => {
    await expect(initialize({ bucket: 'B', retries: -1 })).rejects.toThrow(PayloadError);
    expect(lambda.calls()).toHaveLength(0);
  });

  it('lists everything that is missing at once', async () => {
    const payload = { ...basePayload(), data_prefix: 'other', S3_object_name: 'models/none', collectives: 'relay' };
    const refused = await initialize(payload, { rendezvousUrl: 'ws://127.0.0.1:9' }).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(PreflightError);
    expect((refused as PreflightError).faults).toEqual([
      expect.stringContaining(
        'no partition under s3://test-bucket/other/ (found 1 other objects, such as other/readme.txt)',
      ),
      expect.stringContaining('no .onnx model under s3://test-bucket/models/none/'),
      expect.stringContaining('does not answer'),
    ]);
  });

  it.each([
    ['a bucket that is not there', { data_bucket: 'nowhere-bucket' }, 'there is no bucket "nowhere-bucket"'],
    ['a model that is not there', { model: 'models/x.onnx' }, 's3://test-bucket/models/x.onnx does not exist'],
    ['two models', { S3_object_name: 'models/two' }, 'name the one to use as "model"'],
    ['a script that is not there', { script: 'gone.mjs' }, 's3://test-bucket/models/redshift/gone.mjs does not exist'],
    [
      'a bucket that is not there, once',
      { bucket: 'nowhere-bucket' },
      /^The run cannot start:\n {2}- bucket: there is no bucket "nowhere-bucket"$/,
    ],
    ['results among the partitions', { result_path: 'survey/results' }, 'results under data_prefix would be taken'],
    ['a barrier without collectives', { barrier: true, collectives: 'none' }, 'a barrier needs collectives'],
    ['a rendezvous that does not answer', { collectives: 'relay' }, 'does not answer'],
  ])('refuses %s', async (name, change, message) => {
    const rendezvousUrl = name.includes('rendezvous') ? 'ws://127.0.0.1:9' : undefined;
    await expect(initialize({ ...basePayload(), ...change }, { rendezvousUrl })).rejects.toThrow(message);
  });

  it('says which permission it lacks when it may not ask for the concurrency', async () => {
    const $metadata = { httpStatusCode: 403 };
    lambda
      .on(GetAccountSettingsCommand)
      .rejects(
        new LambdaServiceException({ name: 'AccessDeniedException', message: 'no', $fault: 'client', $metadata }),
      );
    const refused = await initialize({ ...basePayload(), data_prefix: 'nowhere' }).catch((error) => error);
    expect(refused).toBeInstanceOf(PreflightError);
    expect(refused.faults).toEqual([
      expect.stringContaining('no partition under'),
      expect.stringMatching(
        /AccessDeniedException: no.*lambda:GetFunctionConcurrency on executor and lambda:GetAccountSettings/,
      ),
    ]);
  });

  it('says that there is no such executor', async () => {
    lambda
      .on(GetFunctionConcurrencyCommand)
      .rejects(new ResourceNotFoundException({ message: 'Function not found', $metadata: { httpStatusCode: 404 } }));
    await expect(initialize(basePayload())).rejects.toThrow(
      'Lambda has no function "executor"; MUSTER_EXECUTOR_FUNCTION',
    );
  });

  it('tries again when Lambda merely fails', async () => {
    lambda.on(GetFunctionConcurrencyCommand).rejects(new Error('socket hang up'));
    const failed = await initialize(basePayload()).catch((error) => error);
    expect(failed).not.toBeInstanceOf(PreflightError);
    expect(failed.message).toBe('socket hang up');
  });

  it('names a bucket that it may not list', async () => {
    const denied = mockClient(S3Client);
    const $metadata = { httpStatusCode: 403 };
    denied
      .on(ListObjectsV2Command)
      .rejects(new S3ServiceException({ name: 'AccessDenied', message: 'no', $fault: 'client', $metadata }));
    const refused = await initialize({ ...basePayload(), data_bucket: 'other-bucket' }).catch((error) => error);
    denied.restore();
    expect(refused).toBeInstanceOf(PreflightError);
    expect(refused.faults).toEqual([
      expect.stringMatching(/^data_bucket: LIST s3:\/\/other-bucket\/survey\/ failed.*Allow .* s3:ListBucket/),
      expect.stringMatching(/^bucket: LIST s3:\/\/test-bucket\/models\/redshift\/ failed/),
    ]);
  });
});
