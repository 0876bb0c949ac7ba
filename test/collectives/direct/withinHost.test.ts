import { once } from 'node:events';
import { connect, createServer, type OnReadOpts, type Server, type Socket } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { fileDescriptorOf, type SystemCalls, systemCalls } from '../../../collectives/direct/systemCalls.js';
import { acceptWithinHost, connectWithinHost } from '../../../collectives/direct/withinHost.js';
import type { Endpoint } from '../../../rendezvous/introduction.js';

async function listening(): Promise<{ server: Server; endpoint: Endpoint }> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const address = server.address();
  return {
    server,
    endpoint: { address: '127.0.0.1', port: typeof address === 'object' && address ? address.port : 0 },
  };
}

function kept(socket: Socket): Socket {
  onTestFinished(() => void socket.destroy());
  return socket;
}

/** Keeps what is read in place. */
function heard(): { bytes: Buffer[]; onread: OnReadOpts } {
  const bytes: Buffer[] = [];
  const buffer = Buffer.alloc(100);
  const callback = (length: number) => {
    bytes.push(Buffer.from(buffer.subarray(0, length)));
    return true;
  };
  return { bytes, onread: { buffer, callback } };
}

const controlOf = (socket: Socket) => systemCalls?.congestionControl(fileDescriptorOf(socket) ?? -1);

describe.runIf(systemCalls)('connections within one host', () => {
  it('use Reno at both ends, from the beginning', async () => {
    const { server, endpoint } = await listening();
    acceptWithinHost(server, systemCalls);
    const { bytes, onread } = heard();
    const near = kept(connectWithinHost(endpoint, onread, systemCalls));
    // Before it is connected.
    expect(controlOf(near)).toBe('reno');
    const [[accepted]] = await Promise.all([once(server, 'connection'), once(near, 'connect')]);
    const far = kept(accepted);
    expect(controlOf(far)).toBe('reno');
    near.write('to far');
    expect(String((await once(far, 'data'))[0])).toBe('to far');
    far.write('to near');
    await expect.poll(() => Buffer.concat(bytes).toString()).toBe('to near');
    far.end();
    await once(near, 'close');
  });

  it('from another host keep what the system uses', async () => {
    const { server, endpoint } = await listening();
    const usual = systemCalls?.congestionControl(fileDescriptorOf(server) ?? -1);
    const adjust = acceptWithinHost(server, systemCalls);
    kept(connect({ host: endpoint.address, port: endpoint.port, localAddress: '127.0.0.2' }));
    const [accepted] = await once(server, 'connection');
    expect(controlOf(kept(accepted))).toBe('reno');
    adjust(accepted);
    expect(controlOf(accepted)).toBe(usual);
  });

  it('that nobody accepts end with the error of any other', async () => {
    const { server, endpoint } = await listening();
    server.close();
    await once(server, 'close');
    const socket = kept(connectWithinHost(endpoint, heard().onread, systemCalls));
    expect(await once(socket, 'error')).toMatchObject([{ code: 'ECONNREFUSED', port: endpoint.port }]);
  });
});

describe('where the system does not agree', () => {
  const closed: number[] = [];
  const refusing: SystemCalls = {
    receive: () => -1,
    send: () => -1,
    yieldCpu: () => {},
    openSocket: () => 12_345,
    closeSocket: (number) => closed.push(number),
    congestionControl: () => 'cubic',
    setCongestionControl: () => false,
  };

  it.each([
    ['to Reno', refusing],
    ['to another socket', { ...refusing, openSocket: () => -1 }],
    ['because there are no system calls', undefined],
  ])('%s, the connection is an ordinary one', async (_, calls) => {
    closed.length = 0;
    const { server, endpoint } = await listening();
    const adjust = acceptWithinHost(server, calls);
    const near = kept(connectWithinHost(endpoint, heard().onread, calls));
    const [[accepted]] = await Promise.all([once(server, 'connection'), once(near, 'connect')]);
    adjust(kept(accepted));
    near.write('hello');
    expect(String((await once(accepted, 'data'))[0])).toBe('hello');
    expect(closed).toEqual(calls === refusing ? [12_345] : []);
  });
});
