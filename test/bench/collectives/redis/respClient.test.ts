import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RespClient } from '../../../../bench/collectives/redis/respClient.js';

/** A server that records what it is told and answers what the test says. */
class ScriptedRedis {
  readonly #server = createServer({ noDelay: true });
  #socket: Promise<Socket> | undefined;

  async start(): Promise<number> {
    this.#socket = once(this.#server, 'connection').then(([socket]) => socket);
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    const address = this.#server.address();
    return typeof address === 'object' && address ? address.port : 0;
  }

  async socket(): Promise<Socket> {
    if (!this.#socket) throw new Error('it was not started');
    return this.#socket;
  }

  async stop(): Promise<void> {
    (await this.#socket)?.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }
}

let redis: ScriptedRedis;
let client: RespClient;
let server: Socket;
beforeEach(async () => {
  redis = new ScriptedRedis();
  const port = await redis.start();
  client = await RespClient.connect(port);
  server = await redis.socket();
});
afterEach(async () => {
  client.close();
  await redis.stop();
});

/** Writes bytes in pieces of these lengths, each in a packet of its own. */
async function writeInPieces(bytes: Buffer, lengths: readonly number[]): Promise<void> {
  let offset = 0;
  for (let piece = 0; offset < bytes.length; piece++) {
    const end = offset + (lengths[piece % lengths.length] ?? bytes.length);
    await new Promise((written) => server.write(bytes.subarray(offset, end), written));
    offset = end;
  }
}

const bulk = (value: Uint8Array) =>
  Buffer.concat([Buffer.from(`$${value.byteLength}\r\n`), value, Buffer.from('\r\n')]);

describe('a RESP client', () => {
  it('writes commands as arrays of byte strings, lengths in bytes', async () => {
    const received = once(server, 'data');
    const set = client.set('ü', Buffer.from([0, 13, 10]));
    let [bytes]: Buffer[] = await received;
    const expected = Buffer.from('*3\r\n$3\r\nSET\r\n$2\r\nü\r\n$3\r\n\0\r\n\r\n');
    while (bytes && bytes.length < expected.length) bytes = Buffer.concat([bytes, ...(await once(server, 'data'))]);
    expect(bytes).toEqual(expected);
    server.write('+OK\r\n');
    await set;
  });

  it('reads values of any bytes and lengths, in any pieces, in the order of the questions', async () => {
    const values = fc.array(fc.option(fc.uint8Array({ maxLength: 300 }), { freq: 5 }), { minLength: 1, maxLength: 6 });
    const lengths = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(values, lengths, async (expected, pieces) => {
        const answers = Array.from(expected.keys(), (index) => client.get(`key ${index}`));
        const replies = expected.map((value) => (value ? bulk(value) : Buffer.from('$-1\r\n')));
        await writeInPieces(Buffer.concat(replies), pieces);
        const received = await Promise.all(answers);
        expect(received.map((value) => value && [...value])).toEqual(
          expected.map((value) => (value ? [...value] : undefined)),
        );
      }),
      { numRuns: 40 },
    );
  });

  it('reads lists, empty ones and lists of lists', async () => {
    const keys = client.keys('*');
    const none = client.keys('none*');
    const nested = client.keys('nested');
    await writeInPieces(Buffer.from('*2\r\n$1\r\na\r\n$2\r\nbc\r\n*0\r\n*2\r\n*2\r\n:1\r\n:2\r\n$1\r\nc\r\n'), [3]);
    expect(await keys).toEqual(['a', 'bc']);
    expect(await none).toEqual([]);
    expect(await nested).toEqual(['1,2', 'c']);
  });

  it('rejects the command that was refused, and goes on', async () => {
    const refused = client.set('key', Buffer.from('value'));
    const next = client.get('key');
    server.write('-OOM command not allowed\r\n$1\r\nx\r\n');
    await expect(refused).rejects.toThrow('OOM command not allowed');
    expect(await next).toEqual(Buffer.from('x'));
  });

  it('rejects what no answer came to', async () => {
    const waiting = client.get('key');
    server.destroy();
    await expect(waiting).rejects.toThrow('closed the connection');
  });

  it('asks for nothing when there is nothing to delete', async () => {
    await client.delete([]);
    const answer = client.get('first question');
    const [bytes]: Buffer[] = await once(server, 'data');
    expect(bytes?.toString()).toMatch(/^\*2\r\n\$3\r\nGET/);
    server.write('$-1\r\n');
    expect(await answer).toBeUndefined();
  });
});
