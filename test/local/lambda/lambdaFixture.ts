import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LambdaClient } from '@aws-sdk/client-lambda';
import type { FunctionDefinitionInput } from '../../../local/lambda/functionDefinition.js';
import { LambdaService, type LambdaServiceOptions } from '../../../local/lambda/lambdaService.js';
import type { LogEvent, LogSink } from '../../../local/logs/logEvent.js';

export const credentials = { accessKeyId: 'AKIDTEST', secretAccessKey: 'secret' };
export const account = { accountId: '000000000000', region: 'us-east-1' };

/** Keeps log streams in memory, in the order of the appends. */
export class MemoryLogs implements LogSink {
  readonly streams = new Map<string, LogEvent[]>();

  async append(logGroup: string, logStream: string, events: readonly LogEvent[]): Promise<void> {
    const key = `${logGroup} ${logStream}`;
    this.streams.set(key, [...(this.streams.get(key) ?? []), ...events]);
  }

  /** Messages of every stream of a function, stream by stream. */
  messages(functionName: string): string[] {
    return [...this.streams]
      .filter(([key]) => key.startsWith(`/aws/lambda/${functionName} `))
      .flatMap(([, events]) => events.map(({ message }) => message));
  }
}

/** A function made of the source of its `index.mjs`. */
export interface TestFunction extends Partial<FunctionDefinitionInput> {
  readonly source: string;
}

/** The embedded Lambda behind a server, with functions written to a temporary folder. */
export class LambdaFixture {
  readonly client: LambdaClient;
  readonly endpoint: string;
  readonly logs: MemoryLogs;
  readonly folder: string;
  readonly #server: Server;
  readonly #reopen: () => Promise<LambdaService>;
  #service: LambdaService;

  private constructor(
    service: LambdaService,
    server: Server,
    logs: MemoryLogs,
    folder: string,
    reopen: () => Promise<LambdaService>,
  ) {
    this.#service = service;
    this.#server = server;
    this.#reopen = reopen;
    this.logs = logs;
    this.folder = folder;
    server.on('request', (request, response) => void this.#service.handle(request, response));
    this.endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    this.client = new LambdaClient({ endpoint: this.endpoint, region: account.region, credentials, maxAttempts: 1 });
  }

  get service(): LambdaService {
    return this.#service;
  }

  /** Closes the service and opens it again on the same directory. */
  async restart(): Promise<void> {
    await this.#service.close();
    this.#service = await this.#reopen();
  }

  static async start(
    functions: Readonly<Record<string, TestFunction>>,
    options: Partial<LambdaServiceOptions> = {},
  ): Promise<LambdaFixture> {
    const folder = await mkdtemp(join(tmpdir(), 'muster-lambda-'));
    const definitions = await Promise.all(
      Object.entries(functions).map(async ([name, { source, ...definition }]) => {
        const artifactFolder = join(folder, 'functions', name);
        await mkdir(artifactFolder, { recursive: true });
        await writeFile(join(artifactFolder, 'index.mjs'), source);
        const defaults = {
          key: name,
          name,
          handler: 'index.handler',
          memoryMb: 256,
          timeoutS: 10,
          runtime: 'nodejs22.x',
        };
        return { ...defaults, artifactFolder, ...definition };
      }),
    );
    const logs = new MemoryLogs();
    const open = () =>
      LambdaService.open({
        ...account,
        credentials,
        functions: definitions,
        directory: join(folder, 'lambda'),
        logs,
        readObject: async (bucket, key) => {
          throw new Error(`there is no object s3://${bucket}/${key}`);
        },
        asyncRetryDelaysMs: [10, 10],
        ...options,
      });
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new LambdaFixture(await open(), server, logs, folder, open);
  }

  async close(): Promise<void> {
    await this.#service.close();
    this.client.destroy();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** The JSON that a function answered. */
export function decode(payload: Uint8Array | undefined): unknown {
  return JSON.parse(Buffer.from(payload ?? []).toString('utf8'));
}

/** Asks again until `probe` gives something. */
export async function eventually<T>(probe: () => T | undefined | Promise<T | undefined>): Promise<T> {
  for (;;) {
    const found = await probe();
    if (found !== undefined && found !== false) return found;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** Processes of the group that this process leads; those that are dead but not yet reaped by init do not count. */
export function processesOfGroup(leaderPid: number): number[] {
  return execFileSync('ps', ['-eo', 'pid=,pgid=,stat='], { encoding: 'utf8' })
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(([, group, state]) => Number(group) === leaderPid && !state?.startsWith('Z'))
    .map(([pid]) => Number(pid));
}
