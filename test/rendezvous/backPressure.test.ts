import { afterEach, beforeEach, expect, it } from 'vitest';
import { frameKinds } from '../../rendezvous/protocol.js';
import { type RendezvousServer, startRendezvous } from '../../rendezvous/server.js';
import { ManualClock } from './manualClock.js';
import { memberToken, RawMember, secret } from './rawMember.js';

const maxQueuedBytes = 1_000_000;
const frameBytes = 200_000;
const frameCount = 250;

let server: RendezvousServer;
beforeEach(async () => {
  server = await startRendezvous({ host: '127.0.0.1', port: 0, secret, limits: { maxQueuedBytes } });
});
afterEach(() => server.close());

async function metric(name: string): Promise<number> {
  const text = await (await fetch(`${server.url.replace('ws', 'http')}/metrics`)).text();
  return Number(new RegExp(`^muster_rendezvous_${name} (\\d+)$`, 'm').exec(text)?.[1]);
}

it('holds the sender back while the receiver does not read, and loses nothing', async () => {
  const sender = await RawMember.join(server.url, memberToken({ rank: 0, worldSize: 3 }));
  const receiver = await RawMember.join(server.url, memberToken({ rank: 1, worldSize: 3 }));
  const bystander = await RawMember.join(server.url, memberToken({ rank: 2, worldSize: 3 }));
  await receiver.next(frameKinds.formed);
  receiver.socket.pause();
  const payload = new Uint8Array(frameBytes);
  for (let sequence = 0; sequence < frameCount; sequence++) {
    sender.send({ kind: frameKinds.data, source: 0, destination: 1, sequence, payload });
  }
  // 50 MB are under way. The sender gets no acknowledgement for what is too much; because it sends on regardless, the
  // server stops reading from it at twice its window (which is as large as the queue).
  while ((await metric('stops_total')) === 0) await new Promise((resolve) => setImmediate(resolve));
  expect(await metric('pauses_total')).toBe(1);
  const held = await metric('queued_bytes');
  expect(held).toBeGreaterThan(maxQueuedBytes);
  expect(held).toBeLessThan(3 * maxQueuedBytes + 3 * frameBytes);
  expect(sender.socket.bufferedAmount).toBeGreaterThan(frameCount * frameBytes * 0.5);

  // Whoever does not send to the slow one is not held back.
  bystander.send({ kind: frameKinds.data, source: 2, destination: 0, tag: 1 });
  await sender.next(frameKinds.data);

  receiver.socket.resume();
  for (let sequence = 0; sequence < frameCount; sequence++) {
    expect((await receiver.next(frameKinds.data)).sequence).toBe(sequence);
  }
  expect(await metric('queued_bytes')).toBeLessThan(maxQueuedBytes);
});

it('frees the sender when the slow receiver is gone', async () => {
  const sender = await RawMember.join(server.url, memberToken({ rank: 0 }));
  const receiver = await RawMember.join(server.url, memberToken({ rank: 1 }));
  await receiver.next(frameKinds.formed);
  receiver.socket.pause();
  for (let sequence = 0; sequence < frameCount; sequence++) {
    sender.send({ kind: frameKinds.data, source: 0, destination: 1, sequence, payload: new Uint8Array(frameBytes) });
  }
  while ((await metric('pauses_total')) === 0) await new Promise((resolve) => setImmediate(resolve));
  receiver.socket.terminate();
  await sender.next(frameKinds.gone);
  sender.send({ kind: frameKinds.rollCall, communicator: 1, tag: 1 });
  await sender.next(frameKinds.roll);
  while ((await metric('queued_bytes')) > 0) await new Promise((resolve) => setImmediate(resolve));
});

it('gives up members that hold each other up and read nothing', async () => {
  await server.close();
  const clock = new ManualClock(Date.now());
  const limits = { maxQueuedBytes, heartbeatIntervalMs: 1000, heartbeatMisses: 3 };
  server = await startRendezvous({ host: '127.0.0.1', port: 0, secret, clock, limits });
  const members = [];
  for (const rank of [0, 1]) members.push(await RawMember.join(server.url, memberToken({ rank })));
  await members[1]!.next(frameKinds.formed);
  for (const member of members) member.socket.pause();
  const payload = new Uint8Array(frameBytes);
  for (let sequence = 0; sequence < frameCount; sequence++) {
    for (const source of [0, 1]) {
      members[source]!.send({ kind: frameKinds.data, source, destination: 1 - source, sequence, payload });
    }
  }
  while ((await metric('stops_total')) < 2) await new Promise((resolve) => setImmediate(resolve));
  while ((await metric('members')) > 0) clock.advance(1000);
  expect(await metric('lost_total')).toBe(2);
  for (const member of members) member.socket.terminate();
});

it('cuts off a member that asks for answers to pings and reads none', async () => {
  const member = await RawMember.join(server.url, memberToken({ rank: 0 }));
  member.socket.on('error', () => undefined);
  await member.next(frameKinds.joined);
  member.socket.pause();
  const ping = Buffer.alloc(120);
  while ((await metric('members')) > 0) {
    for (let count = 0; count < 5000 && member.socket.readyState === member.socket.OPEN; count++)
      member.socket.ping(ping);
  }
  expect(await metric('queued_bytes')).toBe(0);
  member.socket.terminate();
});
