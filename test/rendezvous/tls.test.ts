import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { get } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { keptCertificate, makeCertificate, type ServerCertificate } from '../../rendezvous/certificate.js';
import { connectRendezvous } from '../../rendezvous/client.js';
import type { RendezvousLink } from '../../rendezvous/link.js';
import { type Frame, frame, frameKinds } from '../../rendezvous/protocol.js';
import { releaseGroup } from '../../rendezvous/release.js';
import { type RendezvousServer, startRendezvous } from '../../rendezvous/server.js';
import { memberToken, releaseToken, secret } from './rawMember.js';

let certificate: ServerCertificate;
let server: RendezvousServer;
beforeEach(async () => {
  certificate = await makeCertificate();
  server = await startRendezvous({ host: '127.0.0.1', port: 0, secret, certificate });
});
afterEach(() => server.close());

function connect(url: string, rank: number, hear: (frame: Frame) => void = () => {}): Promise<RendezvousLink> {
  const listener = { formed() {}, frame: hear, gone() {}, failed() {} };
  const identity = { runId: 'run-1', rank, worldSize: 2, generation: 0 };
  return connectRendezvous({ ...identity, url, token: memberToken({ rank }), timeoutMs: 3000, listener });
}

describe('a pinned certificate', () => {
  it('admits members who know its fingerprint, from a shared port too, and carries frames', async () => {
    expect(server.url).toMatch(/^wss:\/\/127\.0\.0\.1:\d+#sha256=[0-9a-f]{64}$/);
    const heard = new Promise<Frame>((resolve) => {
      void Promise.all([connect(server.url, 0), connect(server.url, 1, resolve)]).then(async ([first, second]) => {
        first.send(
          frame({ kind: frameKinds.data, source: 0, destination: 1, payload: new Uint8Array(600_000).fill(3) }),
        );
        await first.close();
        await second.close();
      });
    });
    expect((await heard).payload.every((byte) => byte === 3)).toBe(true);
  });

  it('sends nothing, no token either, to a server with another certificate', async () => {
    const { fingerprint } = await makeCertificate();
    const url = server.url.replace(certificate.fingerprint, fingerprint);
    await expect(connect(url, 0)).rejects.toMatchObject({ code: 'CERTIFICATE_MISMATCH' });
    await expect(releaseGroup({ url, token: releaseToken(), runId: 'run-1', cause: 'over' })).rejects.toMatchObject({
      code: 'RELEASE_FAILED',
      message: /fingerprint/,
    });
    expect(await metrics()).not.toMatch(/refused_total\{/);
  });

  it('lets a run be released', async () => {
    expect(await releaseGroup({ url: server.url, token: releaseToken(), runId: 'run-1', cause: 'over' })).toBe(0);
    await expect(connect(server.url, 0)).rejects.toMatchObject({ code: 'GROUP_RELEASED' });
  });

  it('is not taken for one of an authority: without the fingerprint nobody connects', async () => {
    const url = new URL(server.url);
    url.hash = '';
    await expect(connect(url.href, 0)).rejects.toMatchObject({ code: 'RENDEZVOUS_UNREACHABLE' });
  });

  it.each(['#sha256=abc', '#md5=00', `#sha256=${'g'.repeat(64)}`])('is refused as %s', async (hash) => {
    const url = `${server.url.split('#')[0]}${hash}`;
    await expect(connect(url, 0)).rejects.toMatchObject({ code: 'RENDEZVOUS_OPTIONS_INVALID' });
  });
});

describe('a certificate directory', () => {
  it('keeps one certificate over restarts, its key for the owner only', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'muster-certificate-'));
    try {
      const first = await keptCertificate(join(directory, 'new'));
      expect(await keptCertificate(join(directory, 'new'))).toEqual(first);
      expect((await stat(join(directory, 'new', 'rendezvous.key.pem'))).mode & 0o777).toBe(0o600);
      await writeFile(join(directory, 'new', 'rendezvous.cert.pem'), 'no certificate');
      await expect(keptCertificate(join(directory, 'new'))).rejects.toMatchObject({
        code: 'RENDEZVOUS_OPTIONS_INVALID',
      });
    } finally {
      await rm(directory, { recursive: true });
    }
  });
});

function metrics(): Promise<string> {
  return new Promise((resolve, reject) => {
    get(
      `${server.url.replace(/^wss/, 'https').split('#')[0]}/metrics`,
      { ca: certificate.certificate, checkServerIdentity: () => undefined },
      (response) => {
        let text = '';
        response.on('data', (chunk) => {
          text += chunk;
        });
        response.on('end', () => resolve(text));
      },
    ).on('error', reject);
  });
}
