import { type ChildProcess, spawn } from 'node:child_process';
import type { ProcessExit } from './exitReason.js';
import { Mailbox } from './mailbox.js';
import { peakResidentBytes, samplingIntervalMs } from './memoryUse.js';
import { OutputCapture } from './outputCapture.js';
import { RuntimeApi, type RuntimeInvocation, type RuntimeRequest } from './runtimeApi.js';

/** What a process tells its environment, in the order in which it happens; `exit` is the last. */
export type RuntimeSignal =
  | RuntimeRequest
  | { readonly type: 'exit'; readonly atMs: number; readonly exit: ProcessExit };

export interface LaunchOptions {
  /** Program that Node.js runs. */
  readonly bootstrapPath: string;
  /** Folder of the handler, where the process starts. */
  readonly taskRoot: string;
  /** Environment of the process without `AWS_LAMBDA_RUNTIME_API`; nothing of this process's own is added. */
  readonly environment: Readonly<Record<string, string>>;
  readonly memoryMb: number;
  /** File that takes what the process writes. */
  readonly outputPath: string;
  readonly onOutput: (lines: readonly string[]) => void;
}

/** Share of the memory that the heap of V8 may take, as in the Node.js runtimes of AWS. */
const heapShare = 0.9;

/**
 * One operating system process of a function with the Runtime API that it talks to.
 *
 * It leads a process group of its own. Whenever it ends, however it ends, the rest of the group is killed with it.
 */
export class RuntimeProcess {
  readonly pid: number;
  readonly signals = new Mailbox<RuntimeSignal>();
  /** Resolves when the process has ended and its output has been read. */
  readonly ended: Promise<void>;
  readonly #api: RuntimeApi;
  readonly #output: OutputCapture;
  readonly #onOutput: (lines: readonly string[]) => void;
  readonly #memoryLimitBytes: number;
  readonly #sampler: NodeJS.Timeout;
  #running = true;
  #outOfMemory = false;
  #peakBytes = 0;

  private constructor(
    child: ChildProcess & { pid: number },
    api: RuntimeApi,
    output: OutputCapture,
    options: LaunchOptions,
  ) {
    this.pid = child.pid;
    this.#api = api;
    this.#output = output;
    this.#onOutput = options.onOutput;
    this.#memoryLimitBytes = options.memoryMb * 1024 * 1024;
    this.ended = new Promise((resolve) => {
      child.once('exit', (code, signal) => resolve(this.#end({ code, signal, outOfMemory: this.#outOfMemory })));
    });
    this.#sampler = setInterval(() => void this.#sample(), samplingIntervalMs);
  }

  /** Starts the process; its first signal is `next`, `initError` or `exit`. */
  static async launch(options: LaunchOptions): Promise<RuntimeProcess> {
    const early: RuntimeRequest[] = [];
    let deliver = (request: RuntimeRequest): void => void early.push(request);
    const api = await RuntimeApi.listen((request) => deliver(request));
    const output = new OutputCapture(options.outputPath);
    try {
      const child = await spawned(api.address, output.descriptor, options);
      const runtime = new RuntimeProcess(child, api, output, options);
      deliver = (request) => runtime.signals.put(request);
      for (const request of early) deliver(request);
      return runtime;
    } catch (error) {
      output.close();
      await api.close();
      throw error;
    }
  }

  /** The most bytes that the process has had resident. */
  get peakBytes(): number {
    return this.#peakBytes;
  }

  deliver(invocation: RuntimeInvocation): void {
    this.#api.deliver(invocation);
  }

  /** Passes everything on that the process has written so far, a line without its newline too. */
  flushOutput(): void {
    if (this.#running) this.#pass(this.#output.readAll());
  }

  /**
   * Looks at the memory now and kills the process when it went over its limit.
   *
   * @returns whether it did.
   */
  async exceedsMemory(): Promise<boolean> {
    await this.#sampleMemory();
    return this.#outOfMemory;
  }

  /** Kills the process and everything that it started, at once. */
  kill(): void {
    this.#signalGroup('SIGKILL');
  }

  /** Asks the process and everything that it started to end, and kills what is left after `graceMs`. */
  async stop(graceMs: number): Promise<void> {
    this.#signalGroup('SIGTERM');
    const timer = setTimeout(() => this.kill(), graceMs);
    await this.ended;
    clearTimeout(timer);
  }

  async #sample(): Promise<void> {
    if (this.#running) this.#pass(this.#output.readLines());
    await this.#sampleMemory();
  }

  async #sampleMemory(): Promise<void> {
    const bytes = this.#running ? await peakResidentBytes(this.pid) : undefined;
    if (bytes === undefined || !this.#running) return;
    this.#peakBytes = Math.max(this.#peakBytes, bytes);
    if (bytes <= this.#memoryLimitBytes) return;
    this.#outOfMemory = true;
    this.kill();
  }

  async #end(exit: ProcessExit): Promise<void> {
    this.#running = false;
    clearInterval(this.#sampler);
    killGroup(this.pid, 'SIGKILL');
    this.#pass(this.#output.readAll());
    this.#output.close();
    this.signals.put({ type: 'exit', atMs: performance.now(), exit });
    await this.#api.close();
  }

  #pass(lines: readonly string[]): void {
    if (lines.length > 0) this.#onOutput(lines);
  }

  #signalGroup(signal: NodeJS.Signals): void {
    if (this.#running) killGroup(this.pid, signal);
  }
}

function killGroup(leaderPid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-leaderPid, signal);
  } catch (error) {
    const gone = error instanceof Error && 'code' in error && error.code === 'ESRCH';
    if (!gone) throw error;
  }
}

/** Resolves when the program runs; rejects when the system could not start it. */
async function spawned(
  runtimeApi: string,
  output: number,
  { bootstrapPath, taskRoot, environment, memoryMb }: LaunchOptions,
): Promise<ChildProcess & { pid: number }> {
  const heapMb = Math.floor(memoryMb * heapShare);
  const child = spawn(process.execPath, [`--max-old-space-size=${heapMb}`, bootstrapPath], {
    cwd: taskRoot,
    env: { ...environment, AWS_LAMBDA_RUNTIME_API: runtimeApi },
    stdio: ['ignore', output, output, 'pipe'],
    detached: true,
  });
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', reject);
  });
  // The lifeline: nothing is written to it, and that it breaks is how the process learns that the cloud is gone.
  child.stdio[3]?.on('error', () => undefined);
  if (!hasPid(child)) throw new Error('a process started without a pid');
  return child;
}

function hasPid(child: ChildProcess): child is ChildProcess & { pid: number } {
  return child.pid !== undefined;
}
