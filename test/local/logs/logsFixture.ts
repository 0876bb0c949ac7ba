import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CloudWatchLogsClient,
  CreateLogGroupCommand,
  CreateLogStreamCommand,
  GetQueryResultsCommand,
  type GetQueryResultsCommandOutput,
  PutLogEventsCommand,
  StartQueryCommand,
} from '@aws-sdk/client-cloudwatch-logs';
import { LogsService } from '../../../local/logs/logsService.js';

const credentials = { accessKeyId: 'AKIDTEST', secretAccessKey: 'secret' };

/** The embedded CloudWatch Logs behind a server, on a temporary folder. */
export class LogsFixture {
  readonly service: LogsService;
  readonly client: CloudWatchLogsClient;
  readonly endpoint: string;
  readonly folder: string;
  readonly #server: Server;

  private constructor(service: LogsService, server: Server, folder: string) {
    this.service = service;
    this.folder = folder;
    this.#server = server;
    this.endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    this.client = new CloudWatchLogsClient({
      endpoint: this.endpoint,
      region: 'us-east-1',
      credentials,
      maxAttempts: 1,
    });
  }

  /** @param folder of an earlier fixture that was left in place. */
  static async start(folder?: string): Promise<LogsFixture> {
    const directory = folder ?? (await mkdtemp(join(tmpdir(), 'muster-logs-')));
    const service = await LogsService.open({ accountId: '000000000000', region: 'us-east-1', directory, credentials });
    const server = createServer((request, response) => void service.handle(request, response));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new LogsFixture(service, server, directory);
  }

  /** Makes the group and stream if need be, and puts messages of one time after the other. */
  async put(group: string, stream: string, messages: readonly string[], firstMs = Date.now()): Promise<void> {
    const names = { logGroupName: group, logStreamName: stream };
    await this.client.send(new CreateLogGroupCommand({ logGroupName: group })).catch(() => undefined);
    await this.client.send(new CreateLogStreamCommand(names)).catch(() => undefined);
    const logEvents = messages.map((message, n) => ({ timestamp: firstMs + n, message }));
    await this.client.send(new PutLogEventsCommand({ ...names, logEvents }));
  }

  /** Runs a query over the last and the next hour and waits for its end. */
  async query(queryString: string, ...logGroupNames: string[]): Promise<GetQueryResultsCommandOutput> {
    const now = Math.floor(Date.now() / 1000);
    const { queryId } = await this.client.send(
      new StartQueryCommand({ logGroupNames, queryString, startTime: now - 3600, endTime: now + 3600 }),
    );
    for (;;) {
      const results = await this.client.send(new GetQueryResultsCommand({ queryId }));
      if (results.status !== 'Running' && results.status !== 'Scheduled') return results;
    }
  }

  /** Results of a query as records, without pointers. */
  async rows(queryString: string, ...groups: string[]): Promise<Record<string, string>[]> {
    const { results } = await this.query(queryString, ...groups);
    return (results ?? []).map((row) =>
      Object.fromEntries(row.flatMap(({ field, value }) => (field === '@ptr' ? [] : [[field ?? '', value ?? '']]))),
    );
  }

  /** Stops the service and keeps its folder. */
  async stop(): Promise<void> {
    await this.service.close();
    this.client.destroy();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async close(): Promise<void> {
    await this.stop();
    await rm(this.folder, { recursive: true, force: true });
  }
}
