import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { greet, type LinkIdentity } from '../../../collectives/direct/greeting.js';
import { Intake } from '../../../collectives/direct/intake.js';

let server: Server;
let port: number;
const sockets: Socket[] = [];
beforeAll(async () => {
  server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  port = typeof address === 'object' && address ? address.port : 0;
});
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy();
});
afterAll(async () => {
  server.close();
  await once(server, 'close');
});

/** Two ends of one connection. */
async function pair(): Promise<{ socket: Socket; intake: Intake }[]> {
  const accepted = once(server, 'connection');
  const intake = new Intake();
  const opened = connect({ host: '127.0.0.1', port, onread: intake.onread });
  const [other]: Socket[] = await accepted;
  if (!other) throw new Error('nobody connected');
  intake.attach(opened);
  const otherIntake = new Intake();
  otherIntake.attach(other);
  otherIntake.listen(other);
  sockets.push(opened, other);
  for (const socket of [opened, other]) socket.on('error', () => socket.destroy());
  return [
    { socket: opened, intake },
    { socket: other, intake: otherIntake },
  ];
}

const key = randomBytes(32);
const zero: LinkIdentity = { linkId: 7, rank: 0, peer: 1, key };
const one: LinkIdentity = { linkId: 7, rank: 1, peer: 0, key };

/** How the greeting ends for both; an end that finds a fault hangs up. */
async function greetings(first: LinkIdentity, second: LinkIdentity): Promise<PromiseSettledResult<void>[]> {
  const ends = await pair();
  return Promise.allSettled(
    ends.map(async ({ socket, intake }, end) => {
      try {
        await greet(socket, intake, end === 0 ? first : second);
      } catch (error) {
        socket.destroy();
        throw error;
      }
    }),
  );
}

it('succeeds between the two ranks that the rendezvous introduced', async () => {
  expect(await greetings(zero, one)).toMatchObject([{ status: 'fulfilled' }, { status: 'fulfilled' }]);
});

it.each<[string, Partial<LinkIdentity>, RegExp]>([
  ['does not know the key', { key: randomBytes(32) }, /does not know the key of rank 1/],
  ['is another rank', { rank: 2 }, /rank 2 answered for link 7, not 1 for 7/],
  ['is there for another link', { linkId: 8 }, /rank 1 answered for link 8, not 1 for 7/],
])('fails when the other end %s', async (_, change, fault) => {
  const [first] = await greetings(zero, { ...one, ...change });
  expect(first).toMatchObject({
    status: 'rejected',
    reason: { code: 'DIRECT_LINK', message: expect.stringMatching(fault) },
  });
});

it('fails when the other end repeats what it is told', async () => {
  const [end, echo] = await pair();
  if (!end || !echo) throw new Error('no pair');
  echo.socket.removeAllListeners('data');
  echo.socket.pipe(echo.socket);
  await expect(greet(end.socket, end.intake, zero)).rejects.toThrow(/rank 0 answered/);
});

it('fails when the other end is no rank, or hangs up', async () => {
  const [end, other] = await pair();
  if (!end || !other) throw new Error('no pair');
  other.socket.end('HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 0\r\n\r\n');
  await expect(greet(end.socket, end.intake, zero)).rejects.toThrow(/no rank of this version/);
});

it('fails when what is sent to probe the link arrives altered', async () => {
  const [end, other] = await pair();
  if (!end || !other) throw new Error('no pair');
  const write = other.socket.write.bind(other.socket);
  const altered = (bytes: Uint8Array) => {
    const copy = Buffer.from(bytes);
    if (copy.length > 60_000) copy[50_000] = (copy[50_000] ?? 0) ^ 1;
    return write(copy);
  };
  other.socket.write = altered;
  const outcome = await Promise.allSettled([
    greet(end.socket, end.intake, zero).finally(() => end.socket.destroy()),
    greet(other.socket, other.intake, one),
  ]);
  expect(outcome[0]).toMatchObject({ reason: { message: expect.stringMatching(/arrived altered/) } });
});
