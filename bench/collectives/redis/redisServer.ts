import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';

const startTimeoutMs = 10_000;

/** Debian's redis-server on 127.0.0.1, without persistence, for one benchmark. */
export interface RedisServer {
  readonly port: number;
  readonly version: string;
  close(): Promise<void>;
}

/** @throws when `redis-server` is missing: `apt-get install redis-server`. */
export async function startRedis(folder: string, signal: AbortSignal): Promise<RedisServer> {
  const port = await freePort();
  const settings = ['--bind', '127.0.0.1', '--port', String(port), '--dir', folder, '--save', '', '--appendonly', 'no'];
  const server = spawn('redis-server', settings, { stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = once(server, 'exit');
  const close = async () => {
    server.kill('SIGTERM');
    await exited;
  };
  let version = 'unknown';
  const lines = createInterface({ input: server.stdout, signal });
  const limit = setTimeout(() => lines.close(), startTimeoutMs);
  const failed = exited.then(() => {
    throw new Error('redis-server ended before it was ready');
  });
  failed.catch(() => undefined);
  const ready = (async () => {
    for await (const line of lines) {
      version = /Redis version=([\d.]+)/.exec(line)?.[1] ?? version;
      if (/Ready to accept connections/.test(line)) return;
    }
    throw new Error(`redis-server was not ready within ${startTimeoutMs} ms`);
  })();
  try {
    await Promise.race([ready, failed]);
  } catch (error) {
    await close();
    throw error;
  } finally {
    clearTimeout(limit);
  }
  // What it logs from now on is of no interest, but it must not fill the pipe.
  server.stdout.resume();
  return { port, version, close };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('a TCP server has no port');
  return address.port;
}
