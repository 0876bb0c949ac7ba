import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { connectRendezvous } from '../../rendezvous/client.js';
import type { Formed, PeerGone } from '../../rendezvous/control.js';
import type { GroupListener } from '../../rendezvous/formation.js';
import type { RendezvousLink } from '../../rendezvous/link.js';
import { type Frame, frame, frameKinds } from '../../rendezvous/protocol.js';
import { type RendezvousServer, startRendezvous } from '../../rendezvous/server.js';
import type { MusterError } from '../../run/errors.js';
import { CuttableProxy } from './cuttableProxy.js';
import { memberToken, secret } from './rawMember.js';

let server: RendezvousServer;
let proxy: CuttableProxy;
beforeEach(async () => {
  server = await startRendezvous({ host: '127.0.0.1', port: 0, secret, limits: { rejoinGraceMs: 2000 } });
  proxy = await CuttableProxy.start(server.url);
});
afterEach(async () => {
  await proxy.stop();
  await server.close();
});

class Listener implements GroupListener {
  readonly #frames: Frame[] = [];
  readonly #ends: (PeerGone | MusterError)[] = [];
  #wake: () => void = () => undefined;

  formed(_formed: Formed): void {}

  frame(received: Frame): void {
    this.#frames.push(received);
    this.#wake();
  }

  gone(peers: readonly PeerGone[]): void {
    this.#ends.push(...peers);
    this.#wake();
  }

  failed(error: MusterError): void {
    this.#ends.push(error);
    this.#wake();
  }

  async frames(count: number): Promise<Frame[]> {
    while (this.#frames.length < count && this.#ends.length === 0) await this.#change();
    return this.#frames;
  }

  async end(): Promise<PeerGone | MusterError> {
    for (;;) {
      const [end] = this.#ends;
      if (end) return end;
      await this.#change();
    }
  }

  #change(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }
}

function connect(url: string, rank: number, listener: Listener, worldSize = 2): Promise<RendezvousLink> {
  const identity = { runId: 'run-1', rank, worldSize, generation: 0 };
  const token = memberToken({ rank, worldSize });
  return connectRendezvous({ ...identity, url, token, timeoutMs: 20_000, listener });
}

async function pair(): Promise<{ links: [RendezvousLink, RendezvousLink]; listeners: [Listener, Listener] }> {
  const listeners: [Listener, Listener] = [new Listener(), new Listener()];
  const links = await Promise.all([connect(proxy.url, 0, listeners[0]), connect(server.url, 1, listeners[1])]);
  return { links, listeners };
}

async function metric(name: string): Promise<number> {
  const text = await (await fetch(`${server.url.replace('ws', 'http')}/metrics`)).text();
  return Number(new RegExp(`^muster_rendezvous_${name} (\\d+)$`, 'm').exec(text)?.[1]);
}

describe('a connection that is cut', () => {
  it('is replaced, and every frame arrives once and in order, both ways', async () => {
    const { links, listeners } = await pair();
    const count = 3000;
    for (let sequence = 0; sequence < count; sequence++) {
      const payload = new Uint8Array(sequence % 700 === 0 ? 200_000 : 10).fill(sequence);
      for (const source of [0, 1]) {
        const fields = { kind: frameKinds.data, source, destination: 1 - source, sequence, payload };
        links[source]?.send(frame(fields));
      }
      if (sequence % 500 === 250) {
        const before = proxy.count;
        proxy.cut();
        // Some of what follows is sent while the connection is away, some over the one that replaces it.
        if (sequence % 1000 === 250) while (proxy.count === before) await new Promise(setImmediate);
      }
    }
    for (const listener of listeners) {
      const frames = await listener.frames(count);
      expect(frames.map(({ sequence }) => sequence)).toEqual(Array.from({ length: count }, (_, index) => index));
      expect(frames.every(({ payload, sequence }) => payload.every((byte) => byte === (sequence & 0xff)))).toBe(true);
    }
    expect(await metric('rejoined_total')).toBeGreaterThan(0);
    expect(await metric('lost_total')).toBe(0);
    await Promise.all(links.map((link) => link.close()));
    expect(await metric('queued_bytes')).toBe(0);
  });

  it('means a loss only when it is not replaced in time', async () => {
    const { links, listeners } = await pair();
    proxy.refuse();
    proxy.cut();
    expect(await listeners[0].end()).toMatchObject({ code: 'RENDEZVOUS_LOST', message: /not replaced in/ });
    expect(await listeners[1].end()).toMatchObject({ rank: 0, how: 'lost', cause: /was not replaced in 2000 ms/ });
    await Promise.all(links.map((link) => link.close()));
  });
});

it('replaces a connection that goes dead without a word before the server gives the member up', async () => {
  await server.close();
  const limits = { heartbeatIntervalMs: 50, heartbeatMisses: 40, serverHeartbeatMisses: 8 };
  server = await startRendezvous({ host: '127.0.0.1', port: 0, secret, limits });
  await proxy.stop();
  proxy = await CuttableProxy.start(server.url);
  const { links, listeners } = await pair();
  proxy.freeze();
  links[0].send(frame({ kind: frameKinds.data, source: 0, destination: 1, tag: 1 }));
  links[1].send(frame({ kind: frameKinds.data, source: 1, destination: 0, tag: 2 }));
  expect(await listeners[0].frames(1)).toMatchObject([{ tag: 2 }]);
  expect(await listeners[1].frames(1)).toMatchObject([{ tag: 1 }]);
  expect(await metric('rejoined_total')).toBe(1);
  await Promise.all(links.map((link) => link.close()));
});

it('lets a member depart while its connection is being replaced', async () => {
  const { links, listeners } = await pair();
  links[0].send(frame({ kind: frameKinds.data, source: 0, destination: 1, tag: 1 }));
  proxy.cut();
  await links[0].close();
  expect(await listeners[1].frames(1)).toMatchObject([{ tag: 1 }]);
  expect(await listeners[1].end()).toMatchObject({ rank: 0, how: 'left' });
  await links[1].close();
});

it('a storm: 200 members that lose their connections at once, again and again, lose no frame', {
  timeout: 30_000,
}, async () => {
  await server.close();
  // All members share this process with the server.
  const limits = { rejoinGraceMs: 15_000, heartbeatMisses: 100, serverHeartbeatMisses: 100 };
  server = await startRendezvous({ host: '127.0.0.1', port: 0, secret, limits });
  await proxy.stop();
  proxy = await CuttableProxy.start(server.url);
  const worldSize = 200;
  const listeners = Array.from({ length: worldSize }, () => new Listener());
  const links = await Promise.all(listeners.map((listener, rank) => connect(proxy.url, rank, listener, worldSize)));
  const count = 30;
  for (let sequence = 0; sequence < count; sequence++) {
    for (const [source, link] of links.entries()) {
      const destination = (source + 1) % worldSize;
      const payload = Buffer.from(`${sequence} of ${source}`);
      link.send(frame({ kind: frameKinds.data, source, destination, sequence, payload }));
    }
    if (sequence % 10 !== 5) continue;
    // What follows is sent while all are away the first time, and over what replaces the connections afterwards.
    const before = proxy.count;
    proxy.cut();
    if (sequence > 10) while (proxy.count < before + worldSize) await new Promise(setImmediate);
  }
  for (const [rank, listener] of listeners.entries()) {
    const source = (rank + worldSize - 1) % worldSize;
    const texts = (await listener.frames(count)).map(({ payload }) => Buffer.from(payload).toString());
    expect(texts).toEqual(Array.from({ length: count }, (_, sequence) => `${sequence} of ${source}`));
  }
  expect(await metric('members')).toBe(worldSize);
  expect(await metric('rejoined_total')).toBeGreaterThanOrEqual(worldSize);
  expect(await metric('lost_total')).toBe(0);
  await Promise.all(links.map((link) => link.close()));
});
