import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { connectRendezvous } from '../../rendezvous/client.js';
import type { Formed, PeerGone } from '../../rendezvous/control.js';
import type { GroupListener } from '../../rendezvous/formation.js';
import type { RendezvousLink } from '../../rendezvous/link.js';
import { type Frame, frame, frameKinds } from '../../rendezvous/protocol.js';
import { releaseGroup } from '../../rendezvous/release.js';
import { type RendezvousServer, startRendezvous } from '../../rendezvous/server.js';
import type { MusterError } from '../../run/errors.js';
import { ManualClock } from './manualClock.js';
import { memberToken, RawMember, releaseToken, secret } from './rawMember.js';

let server: RendezvousServer;
beforeEach(async () => {
  server = await startRendezvous({ host: '127.0.0.1', port: 0, secret });
});
afterEach(() => server.close());

class Recorder implements GroupListener {
  readonly frames: Frame[] = [];
  readonly peersGone: PeerGone[] = [];
  readonly epochs: Formed[] = [];
  readonly failure: Promise<MusterError>;
  failed: (error: MusterError) => void = () => {};

  constructor() {
    this.failure = new Promise((resolve) => {
      this.failed = resolve;
    });
  }

  frame(received: Frame): void {
    this.frames.push(received);
  }

  formed(formed: Formed): void {
    this.epochs.push(formed);
  }

  gone(peers: readonly PeerGone[]): void {
    this.peersGone.push(...peers);
  }
}

interface Overrides {
  url?: string;
  rank?: number;
  worldSize?: number;
  generation?: number;
  timeoutMs?: number;
  signal?: AbortSignal;
  listener?: GroupListener;
  token?: string;
  clock?: ManualClock;
}

function connect({ rank = 0, worldSize = 2, generation = 0, ...rest }: Overrides = {}): Promise<RendezvousLink> {
  return connectRendezvous({
    url: server.url,
    token: memberToken({ rank, worldSize, generation }),
    runId: 'run-1',
    rank,
    worldSize,
    generation,
    timeoutMs: 5000,
    listener: new Recorder(),
    ...rest,
  });
}

describe('connecting', () => {
  it('waits for a server that is not there yet', async () => {
    const { port } = new URL(server.url);
    await server.close();
    const links = Promise.all([connect({ rank: 0 }), connect({ rank: 1 })]);
    server = await startRendezvous({ host: '127.0.0.1', port: Number(port), secret });
    for (const link of await links) await link.close();
  });

  it('joins again when the server restarts while the group forms', async () => {
    const { port } = new URL(server.url);
    const first = connect({ rank: 0 });
    const witness = await RawMember.join(server.url, memberToken({ rank: 2, worldSize: 2 + 1, runId: 'other' }));
    await witness.next(frameKinds.joined);
    await server.close();
    server = await startRendezvous({ host: '127.0.0.1', port: Number(port), secret });
    for (const link of await Promise.all([first, connect({ rank: 1 })])) await link.close();
  });

  it('names the ranks that did not come, whoever of the others gives up first', async () => {
    const waits = [0, 3].map((rank) => connect({ rank, worldSize: 6, timeoutMs: rank === 0 ? 200 : 400 }));
    for (const wait of await Promise.allSettled(waits)) {
      expect(wait).toMatchObject({
        status: 'rejected',
        reason: { code: 'GROUP_TIMEOUT', message: expect.stringMatching(/ranks 1-2, 4-5 did not join/) },
      });
    }
  });

  it('says when all ranks came, but not at the same time', async () => {
    await expect(connect({ rank: 1, timeoutMs: 100 })).rejects.toThrow(/rank 0 did not join/);
    await expect(connect({ rank: 0, timeoutMs: 100 })).rejects.toThrow(/not at the same time/);
  });

  it('gives up an address where nobody listens, at the deadline', async () => {
    const { url } = server;
    await server.close();
    await expect(connect({ url, timeoutMs: 150 })).rejects.toMatchObject({
      code: 'RENDEZVOUS_UNREACHABLE',
      retryable: true,
      cause: { code: 'ECONNREFUSED' },
    });
  });

  it('gives up an address that accepts and stays silent, at the deadline', async () => {
    const mute: Server = createServer().listen(0, '127.0.0.1');
    await once(mute, 'listening');
    const address = mute.address();
    const port = typeof address === 'object' ? address?.port : 0;
    await expect(connect({ url: `ws://127.0.0.1:${port}`, timeoutMs: 150 })).rejects.toMatchObject({
      code: 'RENDEZVOUS_UNREACHABLE',
    });
    mute.close();
  });

  it('stops when its caller aborts, whether joining or waiting for others', async () => {
    const reason = new Error('enough');
    await expect(connect({ signal: AbortSignal.abort(reason) })).rejects.toMatchObject({
      code: 'CONNECT_ABORTED',
      cause: reason,
    });
    const controller = new AbortController();
    const waiting = connect({ signal: controller.signal });
    const refused = expect(waiting).rejects.toMatchObject({ code: 'CONNECT_ABORTED', cause: reason });
    const other = await RawMember.join(server.url, memberToken({ rank: 1, worldSize: 3, runId: 'other' }));
    await other.next(frameKinds.joined);
    controller.abort(reason);
    await refused;
  });

  it('does not retry what cannot change', async () => {
    await expect(connect({ token: 'nonsense' })).rejects.toMatchObject({ code: 'ADMISSION_REFUSED', status: 401 });
    await expect(connect({ url: 'http://127.0.0.1' })).rejects.toMatchObject({ code: 'RENDEZVOUS_OPTIONS_INVALID' });
    await RawMember.join(server.url, memberToken({ rank: 0 }));
    await expect(connect({ rank: 0 })).rejects.toMatchObject({ reason: 'DUPLICATE_RANK' });
  });

  it('is told that the group was released, while it waits and when it comes later', async () => {
    const waiting = connect();
    const refused = expect(waiting).rejects.toMatchObject({ code: 'GROUP_RELEASED', message: /the run failed/ });
    const witness = await RawMember.join(server.url, memberToken({ runId: 'other' }));
    await witness.next(frameKinds.joined);
    await releaseGroup({ url: server.url, token: releaseToken(), runId: 'run-1', cause: 'the run failed' });
    await refused;
    await expect(connect()).rejects.toMatchObject({ code: 'GROUP_RELEASED' });
  });

  it('is told that a rank it waits for was given up', async () => {
    const refused = expect(connect()).rejects.toMatchObject({ code: 'GROUP_BROKEN', gone: [{ rank: 1 }] });
    const witness = await RawMember.join(server.url, memberToken({ runId: 'other' }));
    await witness.next(frameKinds.joined);
    await releaseGroup({ url: server.url, token: releaseToken(), runId: 'run-1', rank: 1, cause: 'out of attempts' });
    await refused;
  });

  it('is told at once that the group is broken when it is a retry', async () => {
    const [first, second] = await Promise.all([
      connect({ rank: 0 }),
      RawMember.join(server.url, memberToken({ rank: 1 })),
    ]);
    second.socket.terminate();
    await second.closed;
    const retry = connect({ rank: 1, generation: 1 });
    await expect(retry).rejects.toMatchObject({
      code: 'GROUP_BROKEN',
      gone: [{ rank: 1, generation: 0, how: 'lost' }],
    });
    await first.close();
  });
});

describe('a link', () => {
  it('carries frames both ways, and what was sent before it closes', async () => {
    const listener = new Recorder();
    const [first, second] = await Promise.all([
      connect({ listener }),
      RawMember.join(server.url, memberToken({ rank: 1 })),
    ]);
    second.send({ kind: frameKinds.data, source: 1, destination: 0, tag: 3 });
    expect(await first.rollCall(1, 1, 5000)).toEqual([]);
    const payload = new Uint8Array(500_000).fill(7);
    first.send(frame({ kind: frameKinds.data, source: 0, destination: 1, payload }));
    await first.close();
    expect((await second.next(frameKinds.data)).payload).toHaveLength(500_000);
    const gone = JSON.parse(Buffer.from((await second.next(frameKinds.gone)).payload).toString());
    expect(gone).toMatchObject([{ rank: 0, how: 'left' }]);
    expect(listener.frames).toMatchObject([{ source: 1, tag: 3 }]);
  });

  it('hears that it was fenced off', async () => {
    const listener = new Recorder();
    const [link] = await Promise.all([connect({ listener }), RawMember.join(server.url, memberToken({ rank: 1 }))]);
    await expect(connect({ generation: 1 })).rejects.toMatchObject({ code: 'GROUP_BROKEN' });
    expect(await listener.failure).toMatchObject({ code: 'RANK_FENCED', retryable: false });
    await link.close();
  });

  it('hears that the server stopped', async () => {
    const listener = new Recorder();
    const [link] = await Promise.all([connect({ listener }), RawMember.join(server.url, memberToken({ rank: 1 }))]);
    await server.close();
    expect(await listener.failure).toMatchObject({ code: 'RENDEZVOUS_LOST', retryable: true });
    await link.close();
  });

  it('notices a server that falls silent', async () => {
    const clock = new ManualClock();
    const listener = new Recorder();
    await server.close();
    const limits = { heartbeatIntervalMs: 600_000, serverHeartbeatMisses: 2, rejoinGraceMs: 0 };
    server = await startRendezvous({ host: '127.0.0.1', port: 0, secret, limits });
    const [link] = await Promise.all([
      connect({ listener, clock }),
      RawMember.join(server.url, memberToken({ rank: 1 })),
    ]);
    clock.advance(3 * 600_000);
    expect(await listener.failure).toMatchObject({ code: 'RENDEZVOUS_LOST', message: /no sign of life/ });
    await link.close();
  });

  it('does not wait for a roll call that nobody answers', async () => {
    const [link] = await Promise.all([connect(), RawMember.join(server.url, memberToken({ rank: 1 }))]);
    await server.close();
    expect(await link.rollCall(1, 1, 10)).toBeUndefined();
    await link.close();
  });
});
