import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** A reply of Redis: text, bytes, a number, nothing, or a list. */
export type Reply = string | Buffer | number | null | readonly Reply[];

interface Waiting {
  readonly resolve: (reply: Reply) => void;
  readonly reject: (error: Error) => void;
}

/** The few commands of Redis that FMI's method needs, by its protocol RESP2, with nothing between them and the socket. */
export class RespClient {
  readonly #socket: Socket;
  readonly #waiting: Waiting[] = [];
  readonly #reader = new ReplyReader();

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.on('data', (chunk) => this.#receive(chunk));
    socket.on('close', () => {
      for (const { reject } of this.#waiting.splice(0)) reject(new Error('Redis closed the connection'));
    });
  }

  static async connect(port: number): Promise<RespClient> {
    const socket = connect({ host: '127.0.0.1', port });
    await once(socket, 'connect');
    socket.on('error', () => socket.destroy());
    return new RespClient(socket);
  }

  async set(key: string, value: Uint8Array): Promise<void> {
    await this.#command('SET', key, value);
  }

  async get(key: string): Promise<Buffer | undefined> {
    const reply = await this.#command('GET', key);
    return Buffer.isBuffer(reply) ? reply : undefined;
  }

  async delete(keys: readonly string[]): Promise<void> {
    if (keys.length > 0) await this.#command('DEL', ...keys);
  }

  async keys(pattern: string): Promise<readonly string[]> {
    const reply = await this.#command('KEYS', pattern);
    return Array.isArray(reply) ? reply.map(String) : [];
  }

  close(): void {
    this.#socket.end();
  }

  #command(...parts: readonly (string | Uint8Array)[]): Promise<Reply> {
    this.#socket.cork();
    this.#socket.write(`*${parts.length}\r\n`);
    for (const part of parts) {
      this.#socket.write(`$${typeof part === 'string' ? Buffer.byteLength(part) : part.byteLength}\r\n`);
      this.#socket.write(part);
      this.#socket.write('\r\n');
    }
    this.#socket.uncork();
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
  }

  #receive(chunk: Buffer): void {
    for (const reply of this.#reader.read(chunk)) {
      const waiting = this.#waiting.shift();
      if (reply instanceof Error) waiting?.reject(reply);
      else waiting?.resolve(reply);
    }
  }
}

/** Cuts what arrives into replies. A long value is copied once, to where it stays. */
class ReplyReader {
  #rest: Buffer = Buffer.alloc(0);
  #bulk: { readonly bytes: Buffer; filled: number } | undefined;
  /** Lists that are not complete yet, the innermost last. */
  readonly #lists: { readonly items: Reply[]; missing: number }[] = [];

  *read(chunk: Buffer): Generator<Reply | Error> {
    let at = 0;
    if (this.#rest.length > 0) chunk = Buffer.concat([this.#rest, chunk]);
    this.#rest = Buffer.alloc(0);
    while (at < chunk.length) {
      if (this.#bulk) {
        at += this.#fill(this.#bulk, chunk.subarray(at));
        if (this.#bulk.filled < this.#bulk.bytes.length) return;
        const { bytes } = this.#bulk;
        this.#bulk = undefined;
        yield* this.#add(bytes.subarray(0, bytes.length - 2));
        continue;
      }
      const end = chunk.indexOf('\r\n', at);
      if (end < 0) {
        this.#rest = chunk.subarray(at);
        return;
      }
      const line = chunk.toString('latin1', at, end);
      at = end + 2;
      yield* this.#line(line);
    }
  }

  *#line(line: string): Generator<Reply | Error> {
    const body = line.slice(1);
    if (line.startsWith('-')) yield new Error(`Redis refused a command: ${body}`);
    else if (line.startsWith(':')) yield* this.#add(Number(body));
    else if (line.startsWith('+')) yield* this.#add(body);
    else if (line.startsWith('*') && Number(body) > 0) this.#lists.push({ items: [], missing: Number(body) });
    else if (line.startsWith('*')) yield* this.#add([]);
    else if (line === '$-1') yield* this.#add(null);
    else if (line.startsWith('$')) this.#bulk = { bytes: Buffer.allocUnsafeSlow(Number(body) + 2), filled: 0 };
    else yield new Error(`this is not RESP: ${line}`);
  }

  #fill(bulk: { readonly bytes: Buffer; filled: number }, chunk: Buffer): number {
    const copied = chunk.copy(bulk.bytes, bulk.filled);
    bulk.filled += copied;
    return copied;
  }

  *#add(reply: Reply): Generator<Reply> {
    const list = this.#lists.at(-1);
    if (!list) {
      yield reply;
      return;
    }
    list.items.push(reply);
    if (--list.missing > 0) return;
    this.#lists.pop();
    yield* this.#add(list.items);
  }
}
