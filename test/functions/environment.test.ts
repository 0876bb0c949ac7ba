import { describe, expect, it } from 'vitest';
import { readRendezvousEnvironment } from '../../functions/environment.js';

const host = {
  MUSTER_RENDEZVOUS_PARAMETERS: '/muster/dev/rendezvous',
  MUSTER_RENDEZVOUS_PORT: '7171',
  MUSTER_RENDEZVOUS_INSTANCE_TYPE: 't4g.micro',
  MUSTER_RENDEZVOUS_IDLE: '15m',
};

describe('where the ranks of a stack meet', () => {
  it('is its host, unless there is a server that runs anyway', () => {
    expect(readRendezvousEnvironment({ ...host, MUSTER_RENDEZVOUS_URL: '', MUSTER_RENDEZVOUS_SECRET: '' })).toEqual({
      parameters: '/muster/dev/rendezvous',
      port: 7171,
      instanceType: 't4g.micro',
      idleMs: 900_000,
    });
    const own = { MUSTER_RENDEZVOUS_URL: 'ws://127.0.0.1:1', MUSTER_RENDEZVOUS_SECRET: 'secret' };
    expect(readRendezvousEnvironment({ ...host, ...own })).toEqual({ url: 'ws://127.0.0.1:1', secret: 'secret' });
  });

  it.each([
    [
      { ...host, MUSTER_RENDEZVOUS_IDLE: 'soon' },
      /MUSTER_RENDEZVOUS_IDLE: expected a duration such as 15m, got "soon"/,
    ],
    [
      { ...host, MUSTER_RENDEZVOUS_PORT: 'x', MUSTER_RENDEZVOUS_PARAMETERS: '' },
      /PARAMETERS: .*; MUSTER_RENDEZVOUS_PORT: /,
    ],
    [{ MUSTER_RENDEZVOUS_URL: 'ws://127.0.0.1:1' }, /MUSTER_RENDEZVOUS_SECRET: /],
  ])('is refused as %j, by all that is wrong with it', (environment, message) => {
    expect(() => readRendezvousEnvironment(environment)).toThrow(message);
  });
});
