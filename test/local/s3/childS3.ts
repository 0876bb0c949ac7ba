import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { S3Client } from '@aws-sdk/client-s3';
import { z } from 'zod';
import { credentials } from './harness.js';

/** The embedded S3 in a process of its own. */
export class ChildS3 {
  readonly endpoint: string;
  readonly client: S3Client;
  readonly #process: ChildProcess;

  private constructor(process: ChildProcess, port: number) {
    this.#process = process;
    this.endpoint = `http://127.0.0.1:${port}`;
    this.client = new S3Client({
      endpoint: this.endpoint,
      region: 'us-east-1',
      forcePathStyle: true,
      credentials,
      maxAttempts: 1,
    });
  }

  static async start(directory: string): Promise<ChildS3> {
    const script = fileURLToPath(new URL('s3Process.ts', import.meta.url));
    const child = fork(script, [directory], { execArgv: ['--import', 'tsx'] });
    const [message] = await once(child, 'message');
    return new ChildS3(child, z.object({ port: z.number() }).parse(message).port);
  }

  /** Memory of the process now, in bytes. */
  async rssBytes(): Promise<number> {
    const answer = once(this.#process, 'message');
    this.#process.send('rss');
    const [message] = await answer;
    return z.object({ rssBytes: z.number() }).parse(message).rssBytes;
  }

  /** Ends the process as a crash would. */
  async kill(): Promise<void> {
    this.client.destroy();
    const exit = once(this.#process, 'exit');
    this.#process.kill('SIGKILL');
    await exit;
  }
}
