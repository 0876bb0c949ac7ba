import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { paginateGetExecutionHistory, SFNClient, StopExecutionCommand } from '@aws-sdk/client-sfn';
import { openPartition, readArray, tensorContent, writePartition } from '../../data/index.js';
import type { PartitionFormat } from '../../data/partition.js';
import { parseS3Uri } from '../../run/keys.js';
import type { PayloadInput } from '../../run/payload.js';
import type { RunSummary } from '../../run/summary.js';
import type { Tensor } from '../../run/tensor.js';
import { MemoryByteSource } from '../../storage/byteSource.js';
import { ObjectStore } from '../../storage/objectStore.js';

const command = fileURLToPath(new URL('../../dist/cli/muster.js', import.meta.url));
const environment = { ...process.env, NO_COLOR: '1', AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' };

/** What a finished process left. */
export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The object that `muster run --json` prints. */
export interface RunResult {
  readonly runId: string;
  readonly status: 'SUCCEEDED' | 'FAILED' | 'ABORTED';
  readonly resultPrefix: string | null;
  readonly ranks: {
    expected: number;
    succeeded: number;
    failed: { rank: number; attempts: number; cause: string }[];
  } | null;
  readonly throughput: RunSummary['throughput'];
  readonly quality: RunSummary['quality'];
  readonly bill: RunSummary['bill'] | null;
  readonly files: RunSummary['files'] | null;
  readonly error?: { readonly code: string; readonly message: string };
}

export function startMuster(
  args: readonly string[],
  input?: string,
  variables: Readonly<Record<string, string>> = {},
): { child: ChildProcess; finished: Promise<Finished> } {
  const env = { ...environment, ...variables };
  const child = spawn(process.execPath, [command, ...args], { env, stdio: ['pipe', 'pipe', 'pipe'] });
  const output = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk) => {
    output.stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    output.stderr += chunk;
  });
  child.stdin.end(input);
  const finished = once(child, 'close').then(([code]) => ({ code, ...output }));
  return { child, finished };
}

/** `muster up` in a process and a folder of its own. */
export class SystemUnderTest {
  readonly bucket: string;
  /** By which any AWS client finds this cloud. */
  readonly variables: Readonly<Record<string, string>>;
  readonly s3: S3Client;
  readonly #sfn: SFNClient;
  readonly stateMachineArn: string;
  readonly pid: number;
  /** Where it keeps its state. */
  readonly directory: string;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, directory: string, up: Record<string, string>) {
    this.#child = child;
    this.directory = directory;
    this.bucket = up.bucket;
    this.pid = Number(up.pid);
    const { accessKeyId, secretAccessKey } = up;
    const settings = { endpoint: up.endpoint, region: up.region, credentials: { accessKeyId, secretAccessKey } };
    this.variables = {
      AWS_ENDPOINT_URL: up.endpoint,
      AWS_REGION: up.region,
      AWS_ACCESS_KEY_ID: accessKeyId,
      AWS_SECRET_ACCESS_KEY: secretAccessKey,
    };
    this.s3 = new S3Client(settings);
    this.#sfn = new SFNClient(settings);
    this.stateMachineArn = up.stateMachineArn;
  }

  static async start(...options: string[]): Promise<SystemUnderTest> {
    const directory = await mkdtemp(join(tmpdir(), 'muster-system-'));
    const { child, finished } = startMuster(['up', '--json', '--directory', directory, ...options]);
    const lines = createInterface({ input: child.stdout! });
    const line = await Promise.race([
      once(lines, 'line').then(([text]) => String(text)),
      finished.then(({ stderr }) => Promise.reject(new Error(`muster up ended: ${stderr}`))),
    ]);
    return new SystemUnderTest(child, directory, JSON.parse(line));
  }

  store(): ObjectStore {
    return new ObjectStore(this.s3);
  }

  async put(key: string, body: Uint8Array | string): Promise<void> {
    await this.s3.send(new PutObjectCommand({ Bucket: this.bucket, Key: key, Body: body }));
  }

  /** Writes arrays as one partition. */
  async putPartition(key: string, format: PartitionFormat, tensors: Record<string, Tensor>): Promise<void> {
    const arrays = Object.entries(tensors).map(([name, tensor]) => tensorContent(name, tensor));
    const pieces: Uint8Array[] = [];
    for await (const piece of writePartition(format, arrays).content) pieces.push(piece.slice());
    await this.put(key, Buffer.concat(pieces));
  }

  start(payload: object, ...options: string[]) {
    const args = ['run', '-', '--json', '--directory', this.directory, ...options];
    const { child, finished } = startMuster(args, JSON.stringify(payload));
    const result = finished.then(({ code, stdout, stderr }) => {
      if (stdout.trim() === '') throw new Error(`muster run printed nothing (exit ${code}): ${stderr}`);
      return { code, stderr, ...(JSON.parse(stdout) as RunResult) };
    });
    return { child, result };
  }

  run(payload: Partial<PayloadInput>, ...options: string[]) {
    return this.start({ bucket: this.bucket, ...payload }, ...options).result;
  }

  /** Stops an execution as any client of Step Functions can, without Muster. */
  async stopExecution(runId: string, cause: string): Promise<void> {
    const executionArn = `${this.stateMachineArn.replace(':stateMachine:', ':execution:')}:${runId}`;
    await this.#sfn.send(new StopExecutionCommand({ executionArn, cause }));
  }

  muster(...args: string[]): Promise<Finished> {
    return startMuster([...args, '--directory', this.directory]).finished;
  }

  async readJson(uri: string): Promise<unknown> {
    return JSON.parse(new TextDecoder().decode(await this.readBytes(uri)));
  }

  async readBytes(uri: string): Promise<Uint8Array> {
    const address = parseS3Uri(uri);
    if (!address) throw new Error(`${uri} is no s3:// URI`);
    return this.store().getBytes(address.bucket, address.key);
  }

  /** The states that the execution of a run has entered, in their order. */
  async statesOf(runId: string): Promise<string[]> {
    const executionArn = `${this.stateMachineArn.replace(':stateMachine:', ':execution:')}:${runId}`;
    const states: string[] = [];
    for await (const { events } of paginateGetExecutionHistory({ client: this.#sfn }, { executionArn })) {
      states.push(...(events ?? []).flatMap(({ stateEnteredEventDetails }) => stateEnteredEventDetails?.name ?? []));
    }
    return states;
  }

  /** Predictions by the name of their partition. */
  async readPredictions({ files }: Pick<RunResult, 'files'>): Promise<Map<string, number[]>> {
    const all = await Promise.all(
      (files?.predictions ?? []).map(async (uri) => {
        const partition = await openPartition(new MemoryByteSource(uri, await this.readBytes(uri)));
        const name = /predictions\/(.*)\.npy$/.exec(uri)?.[1] ?? uri;
        return [name, [...(await readArray(partition, 0)).data].map(Number)] as const;
      }),
    );
    return new Map(all);
  }

  async close(): Promise<Finished['code']> {
    this.s3.destroy();
    this.#sfn.destroy();
    this.#child.kill('SIGTERM');
    const { exitCode, signalCode } = this.#child;
    const code = exitCode ?? (signalCode === null ? (await once(this.#child, 'exit'))[0] : null);
    await rm(this.directory, { recursive: true, force: true });
    return code;
  }
}
