import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { askObserver } from '../../../collectives/direct/natProbe.js';
import { startObserver } from '../../../rendezvous/observer.js';
import { sharedPort } from '../../../rendezvous/sharedPort.js';

describe('the observer', () => {
  it('tells whoever connects from where it was reached, also from a port that is in use already', async () => {
    const observer = await startObserver('127.0.0.1', 0, 1000);
    const first = connect({ host: '127.0.0.1', port: observer.port, ...sharedPort('127.0.0.1') });
    await once(first, 'connect');
    const localPort = first.localPort ?? 0;
    const second = await startObserver('127.0.0.1', 0, 1000);
    const observed = { address: '127.0.0.1', port: second.port };
    expect(await askObserver(observed, localPort, 1000)).toEqual({
      localPort,
      seen: { address: '127.0.0.1', port: localPort },
    });
    const fresh = await askObserver(observed, 0, 1000);
    expect(fresh?.localPort).not.toBe(localPort);
    expect(fresh?.seen).toEqual({ address: '127.0.0.1', port: fresh?.localPort });
    first.destroy();
    await Promise.all([observer.close(), second.close()]);
    expect(await askObserver(observed, localPort, 1000)).toBeNull();
  });

  it('says when its port is taken', async () => {
    const observer = await startObserver('127.0.0.1', 0, 1000);
    await expect(startObserver('127.0.0.1', observer.port, 1000)).rejects.toMatchObject({
      code: 'RENDEZVOUS_OPTIONS_INVALID',
    });
    await observer.close();
  });
});
