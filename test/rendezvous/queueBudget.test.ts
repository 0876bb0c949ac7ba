import { afterEach, beforeEach, expect, it } from 'vitest';
import { frameKinds } from '../../rendezvous/protocol.js';
import { type RendezvousServer, startRendezvous } from '../../rendezvous/server.js';
import { memberToken, RawMember, secret } from './rawMember.js';

const maxTotalQueuedBytes = 2_000_000;
const frameBytes = 100_000;
const frameCount = 150;
const groups = 3;

let server: RendezvousServer;
beforeEach(async () => {
  // So much may wait for one member that only the memory of the whole server is ever used up.
  const limits = { maxTotalQueuedBytes, maxQueuedBytes: 64_000_000 };
  server = await startRendezvous({ host: '127.0.0.1', port: 0, secret, limits });
});
afterEach(() => server.close());

async function metric(name: string): Promise<number> {
  const text = await (await fetch(`${server.url.replace('ws', 'http')}/metrics`)).text();
  return Number(new RegExp(`^muster_rendezvous_${name} (\\d+)$`, 'm').exec(text)?.[1]);
}

async function pair(group: number): Promise<{ sender: RawMember; receiver: RawMember }> {
  const runId = `run-${group}`;
  const sender = await RawMember.join(server.url, memberToken({ runId, rank: 0 }));
  const receiver = await RawMember.join(server.url, memberToken({ runId, rank: 1 }));
  await receiver.next(frameKinds.formed);
  return { sender, receiver };
}

function sendAll(sender: RawMember, fill: number): void {
  for (let sequence = 0; sequence < frameCount; sequence++) {
    const payload = new Uint8Array(frameBytes).fill(fill);
    sender.send({ kind: frameKinds.data, source: 0, destination: 1, sequence, payload });
  }
}

it('parks the senders of all groups when the memory is used up, and goes on where they stopped', async () => {
  const pairs = await Promise.all(Array.from({ length: groups }, (_, group) => pair(group)));
  for (const { receiver } of pairs) receiver.socket.pause();
  for (const [group, { sender }] of pairs.entries()) sendAll(sender, group);
  // Every sender that goes on sending is parked in the end; the operating system's buffers hold the rest.
  while ((await metric('stops_total')) < groups) await new Promise((resolve) => setImmediate(resolve));
  expect(await metric('pauses_total')).toBe(0);
  const held = await metric('queued_bytes');
  expect(held).toBeLessThan(maxTotalQueuedBytes + groups * 3 * frameBytes);
  for (const { sender } of pairs) expect(sender.socket.bufferedAmount).toBeGreaterThan(frameBytes);

  for (const { receiver } of pairs) receiver.socket.resume();
  for (const [group, { receiver }] of pairs.entries()) {
    for (let sequence = 0; sequence < frameCount; sequence++) {
      const received = await receiver.next(frameKinds.data);
      expect(received.sequence).toBe(sequence);
      expect(received.payload.every((byte) => byte === group)).toBe(true);
    }
  }
  while ((await metric('queued_bytes')) > 0) await new Promise((resolve) => setImmediate(resolve));
});

it('frees those who are parked when the slow one is gone', async () => {
  const [slow, other] = await Promise.all([pair(0), pair(1)]);
  slow?.receiver.socket.pause();
  sendAll(slow.sender, 1);
  while ((await metric('stops_total')) === 0) await new Promise((resolve) => setImmediate(resolve));
  slow.receiver.socket.terminate();
  await slow.sender.next(frameKinds.gone);
  other.sender.send({ kind: frameKinds.data, source: 0, destination: 1, tag: 5 });
  expect((await other.receiver.next(frameKinds.data)).tag).toBe(5);
  while ((await metric('queued_bytes')) > 0) await new Promise((resolve) => setImmediate(resolve));
});

it('never shows one group the bytes of another, even to a member that acknowledges what it has not read', async () => {
  await server.close();
  server = await startRendezvous({ host: '127.0.0.1', port: 0, secret });
  const [liar, honest] = await Promise.all([pair(0), pair(1)]);
  liar.receiver.mute = true;
  liar.receiver.socket.pause();
  sendAll(liar.sender, 0xaa);
  // One frame for the forming of the group, then those of the sender; it claims each as soon as it may have been sent.
  for (let frames = 2; frames <= frameCount + 1; frames++) {
    const before = await metric('relayed_frames_total');
    while ((await metric('relayed_frames_total')) < Math.max(before, frames - 1)) {
      await new Promise((resolve) => setImmediate(resolve));
    }
    liar.receiver.send({ kind: frameKinds.ack, sequence: frames });
  }
  while ((await metric('queued_bytes')) > 1_000_000) await new Promise((resolve) => setImmediate(resolve));
  sendAll(honest.sender, 0xbb);
  for (let count = 0; count < frameCount; count++) await honest.receiver.next(frameKinds.data);
  liar.receiver.socket.resume();
  for (let sequence = 0; sequence < frameCount; sequence++) {
    const { payload } = await liar.receiver.next(frameKinds.data);
    expect(payload.every((byte) => byte === 0xaa)).toBe(true);
  }
});
