import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest';
import { Communicator } from '../../../collectives/communicator.js';
import { StorageChannel } from '../../../collectives/storage/storageChannel.js';
import { createS3Client } from '../../../storage/clients.js';
import { ObjectFolder } from '../../../storage/objectFolder.js';
import { ObjectStore } from '../../../storage/objectStore.js';
import { type EmbeddedS3, startEmbeddedS3 } from '../../embeddedS3.js';

/** Writes of messages and of results stay unanswered until they are let through. */
class SlowWrites {
  held = 0;
  #letThrough: () => void = () => {};
  readonly #open = new Promise<void>((resolve) => {
    this.#letThrough = resolve;
  });

  admitted(method = '', url = ''): Promise<void> | undefined {
    if (method !== 'PUT' || !/\/message\/|\/output\//.test(url)) return undefined;
    this.held++;
    return this.#open;
  }

  letThrough(): void {
    this.#letThrough();
  }
}

const writes = new SlowWrites();
const prefix = 'run/channel/';
const connections = 64;
let s3: EmbeddedS3;
beforeAll(async () => {
  s3 = await startEmbeddedS3('test-bucket', ({ method, url }) => writes.admitted(method, url));
  for (const [name, value] of Object.entries(s3.environment)) vi.stubEnv(name, value);
});
afterEach(() => writes.letThrough());
afterAll(async () => {
  vi.unstubAllEnvs();
  await s3.close();
});

async function member(rank: number): Promise<{ store: ObjectStore; communicator: Communicator; destroy(): void }> {
  const [client, presenceClient] = [createS3Client(), createS3Client()];
  const [store, presenceStore] = [new ObjectStore(client), new ObjectStore(presenceClient)];
  const channel = await StorageChannel.connect({
    exchange: new ObjectFolder(store, s3.bucket, prefix),
    presenceExchange: new ObjectFolder(presenceStore, s3.bucket, prefix),
    runId: 'run',
    rank,
    worldSize: 2,
    generation: 0,
    timeoutMs: 10_000,
    timing: { poll: { minMs: 2, maxMs: 50 }, heartbeat: { intervalMs: 20, silenceMs: 2000 } },
  });
  return {
    store,
    communicator: new Communicator(channel),
    destroy: () => {
      client.destroy();
      presenceClient.destroy();
    },
  };
}

/** How often a rank has renewed its presence, as the others see it. */
async function beats(rank: number): Promise<number> {
  const { value } = (await s3.store().findText(s3.bucket, `${prefix}presence/${rank}/0`)) ?? { value: '' };
  return Number(value.split(' ')[1]);
}

it('a rank keeps renewing its presence while a thousand of its messages, and every connection, wait', {
  timeout: 30_000,
}, async () => {
  const [busy, other] = await Promise.all([member(0), member(1)]);
  const count = 1200;
  const results = Array.from({ length: connections }, (_, n) => busy.store.put(s3.bucket, `run/output/${n}`, 'result'));
  const sent = Array.from({ length: count }, (_, n) => busy.communicator.send(n, 1));
  await expect.poll(() => writes.held, { interval: 5, timeout: 10_000 }).toBe(connections);

  const beatsBefore = await beats(0);
  await expect.poll(() => beats(0), { interval: 5, timeout: 5000 }).toBeGreaterThan(beatsBefore + 5);

  expect(writes.held).toBe(connections);
  writes.letThrough();
  await Promise.all([...results, ...sent]);
  expect([await other.communicator.recv(0), await other.communicator.recv(0)]).toEqual([0, 1]);
  await Promise.all([busy.communicator.close(), other.communicator.close()]);
  for (const { destroy } of [busy, other]) destroy();
});
