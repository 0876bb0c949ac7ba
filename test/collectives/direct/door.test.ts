import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { Door, type Visitor } from '../../../collectives/direct/door.js';
import { HELLO_BYTES } from '../../../collectives/direct/greeting.js';

const sockets: Socket[] = [];
const doors: Door[] = [];
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy();
  for (const door of doors.splice(0)) door.close();
});

async function openDoor(): Promise<Door> {
  const door = await Door.open('127.0.0.1');
  if (!door) throw new Error('a door on 127.0.0.1 opens');
  doors.push(door);
  return door;
}

async function knock(door: Door): Promise<Socket> {
  const socket = connect({ host: '127.0.0.1', port: door.endpoint?.port ?? 0 });
  sockets.push(socket);
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  return socket;
}

/** The first bytes that a rank sends: magic, version, link, rank, nonce. */
function hello(linkId: number, rank = 1): Buffer {
  const bytes = Buffer.alloc(HELLO_BYTES, 9);
  bytes.write('MSTR', 0, 'latin1');
  bytes.writeUInt32LE(1, 4);
  bytes.writeUInt32LE(linkId, 8);
  bytes.writeUInt32LE(rank, 12);
  return bytes;
}

const visitorOf = (door: Door, linkId: number) =>
  new Promise<Visitor>((resolve) => {
    door.expect(linkId, resolve);
  });

it('hands a visitor to who expects its link, with its hello, in whatever pieces it came', async () => {
  const door = await openDoor();
  const [seven, eight] = [visitorOf(door, 7), visitorOf(door, 8)];
  const [first, second] = [await knock(door), await knock(door)];
  first.write(hello(8).subarray(0, 5));
  second.write(hello(7));
  expect((await seven).hello).toEqual(hello(7));
  first.write(hello(8).subarray(5));
  expect((await eight).hello).toEqual(hello(8));
  expect((await eight).socket.remotePort).toBe(first.localPort);
});

it('keeps a visitor that comes before it is expected', async () => {
  const door = await openDoor();
  (await knock(door)).write(hello(3));
  const other = visitorOf(door, 4);
  (await knock(door)).write(hello(4));
  // The second was taken in after the first.
  await other;
  expect((await visitorOf(door, 3)).hello).toEqual(hello(3));
});

it('hangs up on who is no rank', async () => {
  const door = await openDoor();
  const socket = await knock(door);
  socket.write(Buffer.alloc(HELLO_BYTES, 'x'));
  await once(socket, 'close');
});

it('hangs up on more strangers than a world has ranks to come at once', async () => {
  const door = await openDoor();
  const crowd = await Promise.all(Array.from({ length: 300 }, () => knock(door)));
  const closed = crowd.map((socket) => (socket.destroyed ? socket : once(socket, 'close').then(() => socket)));
  const turnedAway = await Promise.race(closed);
  expect(turnedAway.destroyed).toBe(true);
  // Those that were let in are heard all the same.
  const letIn = crowd[0]!;
  const visitor = visitorOf(door, 5);
  letIn.write(hello(5));
  expect((await visitor).socket.remotePort).toBe(letIn.localPort);
});

it('lets nobody in once it is closed, and hangs up on strangers', async () => {
  const door = await openDoor();
  const port = door.endpoint?.port ?? 0;
  const stranger = await knock(door);
  // Known to the door: its answer to who came later is in.
  const known = visitorOf(door, 1);
  (await knock(door)).write(hello(1));
  await known;
  door.close();
  await once(stranger, 'close');
  const late = connect({ host: '127.0.0.1', port });
  sockets.push(late);
  const [fault] = await once(late, 'error');
  expect(fault).toMatchObject({ code: 'ECONNREFUSED' });
});

it('says where it is, and that there is none where the address is not this host', async () => {
  const door = await openDoor();
  expect(door.endpoint).toEqual({ address: '127.0.0.1', port: expect.any(Number) });
  expect(await Door.open('203.0.113.1')).toBeUndefined();
});
