import { once } from 'node:events';
import { connect, createServer, Socket } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { fileDescriptorOf, systemCalls } from '../../../collectives/direct/systemCalls.js';

/** Two ends of a connection that Node does not read. */
async function connection(): Promise<[Socket, Socket]> {
  const server = createServer({ pauseOnConnect: true }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const opening = connect({ host: '127.0.0.1', port: typeof address === 'object' && address ? address.port : 0 });
  const [[accepted]] = await Promise.all([once(server, 'connection'), once(opening, 'connect')]);
  server.close();
  onTestFinished(() => {
    opening.destroy();
    accepted.destroy();
  });
  return [opening, accepted];
}

describe.runIf(process.platform === 'linux')('system calls', () => {
  it('are there where koffi is installed', () => {
    expect(systemCalls).toBeDefined();
  });

  it('send and receive without waiting, and say when there is nothing, no room, or an end', async () => {
    const [near, far] = (await connection()).map((socket) => fileDescriptorOf(socket) ?? -1);
    const place = Buffer.alloc(100);
    expect(systemCalls?.receive(far ?? -1, place)).toBe(-1);
    expect(systemCalls?.send(near ?? -1, Buffer.from('one '), true)).toBe(4);
    expect(systemCalls?.send(near ?? -1, Buffer.from('two'), false)).toBe(3);
    expect(systemCalls?.receive(far ?? -1, place)).toBe(7);
    expect(place.toString('latin1', 0, 7)).toBe('one two');
    const much = Buffer.alloc(1_000_000);
    let sent = 0;
    for (let taken = 0; taken >= 0; sent += Math.max(0, taken))
      taken = systemCalls?.send(near ?? -1, much, false) ?? -1;
    expect(sent).toBeGreaterThan(0);
  });

  it('say 0 at the end of the stream', async () => {
    const [near, far] = await connection();
    near.end();
    await once(near, 'finish');
    expect(systemCalls?.receive(fileDescriptorOf(far) ?? -1, Buffer.alloc(10))).toBe(0);
  });

  it('tell the congestion control of a connection, set it, and say whether the system agreed', async () => {
    const number = fileDescriptorOf((await connection())[0]) ?? -1;
    expect(systemCalls?.congestionControl(number)).toMatch(/^[a-z]+$/);
    expect(systemCalls?.setCongestionControl(number, 'reno')).toBe(true);
    expect(systemCalls?.congestionControl(number)).toBe('reno');
    expect(systemCalls?.setCongestionControl(number, 'none-of-these')).toBe(false);
    expect(systemCalls?.congestionControl(-1)).toBeUndefined();
  });

  it.each([false, true])('open a socket that Node has not, and close it (IPv6: %s)', (isIpv6) => {
    const number = systemCalls?.openSocket(isIpv6) ?? -1;
    expect(number).toBeGreaterThan(2);
    expect(systemCalls?.setCongestionControl(number, 'reno')).toBe(true);
    systemCalls?.closeSocket(number);
    expect(systemCalls?.congestionControl(number)).toBeUndefined();
  });
});

describe('the number of a connection', () => {
  it('is not there before it is made, nor after it has ended', async () => {
    expect(fileDescriptorOf(new Socket())).toBeUndefined();
    const [near] = await connection();
    expect(fileDescriptorOf(near)).toBeGreaterThan(2);
    near.destroy();
    expect(fileDescriptorOf(near)).toBeUndefined();
  });
});
