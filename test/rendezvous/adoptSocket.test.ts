import { once } from 'node:events';
import { connect, createServer, type OnReadOpts, Socket } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { adoptSocket } from '../../rendezvous/adoptSocket.js';
import { frameKinds } from '../../rendezvous/protocol.js';
import { startRendezvous } from '../../rendezvous/server.js';
import { memberToken, RawMember, secret } from './rawMember.js';

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const step of closing.splice(0).reverse()) await step();
});

/** A connection of this process with itself, from both ends. */
async function connection(): Promise<{ near: Socket; accepted: Socket }> {
  const server = createServer().listen(0, '127.0.0.1');
  closing.push(() => server.close());
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('it listens on no port');
  const near = connect(address.port, '127.0.0.1');
  const [accepted] = await once(server, 'connection');
  closing.push(() => near.destroy());
  return { near, accepted };
}

/** What `net` reads in place: the object that the handles of all connections inherit `useUserBuffer` from. */
function keeperOfUseUserBuffer(socket: Socket): object {
  let keeper: unknown = Reflect.get(socket, '_handle');
  while (typeof keeper === 'object' && keeper !== null && !Object.hasOwn(keeper, 'useUserBuffer')) {
    keeper = Object.getPrototypeOf(keeper);
  }
  if (typeof keeper !== 'object' || keeper === null) throw new Error('this version of Node has no useUserBuffer');
  return keeper;
}

/** Makes this process a Node that cannot read accepted connections in place, until the test is over. */
function forgetUseUserBuffer(keeper: object): void {
  const known = Object.getOwnPropertyDescriptor(keeper, 'useUserBuffer');
  if (!known || !Reflect.deleteProperty(keeper, 'useUserBuffer')) throw new Error('useUserBuffer cannot be taken away');
  closing.push(() => Object.defineProperty(keeper, 'useUserBuffer', known));
}

function readingInto(memory: Buffer, heard: (length: number) => void): OnReadOpts {
  return {
    buffer: memory,
    callback(length) {
      heard(length);
      return true;
    },
  };
}

it('reads an accepted connection in place', async () => {
  const { near, accepted } = await connection();
  const memory = Buffer.alloc(16);
  const read = new Promise<number>((resolve) => {
    const { socket, readsInPlace } = adoptSocket(accepted, readingInto(memory, resolve));
    expect(readsInPlace).toBe(true);
    expect(socket).not.toBe(accepted);
    closing.push(() => socket.destroy());
  });
  near.write('in place');
  expect(memory.toString('utf8', 0, await read)).toBe('in place');
});

it('leaves a socket as it is whose handle is not where it is looked for, or cannot be read in place', async () => {
  const { near, accepted } = await connection();
  const never = readingInto(Buffer.alloc(16), () => expect.unreachable('onread is not used'));
  const withoutHandle = new Socket();
  expect(adoptSocket(withoutHandle, never)).toEqual({ socket: withoutHandle, readsInPlace: false });

  forgetUseUserBuffer(keeperOfUseUserBuffer(accepted));
  expect(adoptSocket(accepted, never)).toEqual({ socket: accepted, readsInPlace: false });
  near.write('by events');
  const [bytes] = await once(accepted, 'data');
  expect(bytes.toString()).toBe('by events');
});

it('serves members all the same when connections cannot be read in place', async () => {
  const { accepted } = await connection();
  forgetUseUserBuffer(keeperOfUseUserBuffer(accepted));
  const server = await startRendezvous({ host: '127.0.0.1', port: 0, secret });
  closing.push(() => server.close());
  const [sender, receiver] = await Promise.all(
    [0, 1].map((rank) => RawMember.join(server.url, memberToken({ runId: 'run', rank }))),
  );
  await receiver?.next(frameKinds.formed);
  for (const length of [0, 10, 300_000]) {
    const payload = new Uint8Array(length).fill(length);
    sender?.send({ kind: frameKinds.data, source: 0, destination: 1, payload });
    const received = await receiver?.next(frameKinds.data);
    expect(Buffer.from(received?.payload ?? []).equals(payload)).toBe(true);
  }
});
