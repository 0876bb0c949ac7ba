import { describe, expect, it } from 'vitest';
import { exportLines } from '../../../cli/cloud/exports.js';

describe('the environment of AWS clients', () => {
  it('names the region for SDKs that read AWS_REGION and for those that read AWS_DEFAULT_REGION', () => {
    const state = {
      version: 1 as const,
      startedAtMs: 0,
      accountId: '000000000000',
      endpoint: 'http://127.0.0.1:4566',
      region: 'eu-west-1',
      bucket: 'muster-local',
      rendezvousUrl: 'ws://127.0.0.1:1',
      stateMachineArn: 'arn:aws:states:eu-west-1:000000000000:stateMachine:muster-local-inference',
      pid: 1,
    };
    const secrets = { accessKeyId: 'KEY', secretAccessKey: 'SECRET', rendezvousSecret: 'MEETING' };
    expect(exportLines(state, secrets).split('\n')).toEqual([
      'export AWS_ENDPOINT_URL=http://127.0.0.1:4566',
      'export AWS_REGION=eu-west-1',
      'export AWS_DEFAULT_REGION=eu-west-1',
      'export AWS_ACCESS_KEY_ID=KEY',
      'export AWS_SECRET_ACCESS_KEY=SECRET',
    ]);
  });
});
