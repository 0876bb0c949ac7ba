import { type ChildProcess, fork } from 'node:child_process';
import { once, setMaxListeners } from 'node:events';
import { BenchmarkError } from '../errors.js';
import type { BenchRow } from './benchRow.js';
import { type Measurement, timesPerIteration } from './measure.js';
import { type BenchOperation, type OperationName, operations } from './operations.js';
import type { RankAnswer } from './rankService.js';

/** One process: its program and the one argument that tells it what to connect to. */
export interface RankProgram {
  readonly entry: string;
  readonly argument: string;
}

export interface RankGroupOptions {
  /** Names the rows and the errors. */
  readonly channel: string;
  readonly worldSize: number;
  readonly programs: readonly RankProgram[];
  readonly signal: AbortSignal;
}

/** How long one measurement may take. */
export interface MeasurementBudget {
  /** Time that the timed iterations should take together, ms. */
  readonly budgetMs: number;
  readonly minIterations: number;
  readonly maxIterations: number;
}

export const defaultBudget: MeasurementBudget = { budgetMs: 500, minIterations: 2, maxIterations: 1000 };

/** Time to start all processes and to meet. */
const startTimeoutMs = 60_000;
/** Beyond what was estimated, a measurement is given up after this time. */
const patienceMs = 120_000;
const probeIterations = 2;
/** After so many calls a compiler that works on what is called often has done its work; they take the budget at most. */
const compiledCalls = 3000;
const closeTimeoutMs = 5000;
/** Up to here a few more calls cost nothing, and a compiler that has not seen the code often makes a bad estimate. */
const longMessageBytes = 65_536;

/** The ranks of one benchmark, each in a process of its own, that stay between measurements. */
export class RankGroup {
  readonly channel: string;
  readonly worldSize: number;
  readonly #children: readonly ChildProcess[];
  readonly #signal: AbortSignal;

  private constructor({ channel, worldSize, signal }: RankGroupOptions, children: readonly ChildProcess[]) {
    this.channel = channel;
    this.worldSize = worldSize;
    this.#children = children;
    this.#signal = signal;
  }

  /** @throws BenchmarkError when a rank cannot start or join. */
  static async start(options: RankGroupOptions): Promise<RankGroup> {
    const children = options.programs.map(({ entry, argument }) =>
      fork(entry, [argument], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] }),
    );
    const group = new RankGroup(options, children);
    try {
      await group.#answers('start', startTimeoutMs);
      return group;
    } catch (error) {
      group.kill();
      throw error;
    }
  }

  /**
   * Times one operation at one size. A few iterations first tell how many fit the budget; when they take all of it,
   * theirs are the figures. Otherwise as much time again goes into warming up, before what is timed.
   *
   * @returns undefined when the channel does not have the operation.
   * @throws BenchmarkError; the group is of no use then.
   */
  async measure(
    operation: OperationName,
    bytes: number,
    { budgetMs, minIterations, maxIterations }: MeasurementBudget = defaultBudget,
  ): Promise<BenchRow | undefined> {
    const warmUpsOfProbe = bytes <= longMessageBytes ? 20 : 1;
    const probing = { operation, bytes, iterations: probeIterations, warmUps: warmUpsOfProbe };
    const probe = await this.#times(probing, patienceMs);
    if (probe.length === 0) return undefined;
    const probedMs = (Math.max(...probe) / 1000) * timesPerIteration(operation, bytes);
    const isEnough = probeIterations >= minIterations && probeIterations * probedMs >= budgetMs;
    if (isEnough) return rowOf(this.channel, this.worldSize, operation, bytes, probeIterations, probe);
    const iterations = Math.max(minIterations, Math.min(maxIterations, Math.ceil(budgetMs / probedMs)));
    const warmUps = Math.ceil(Math.max(iterations / 10, Math.min(compiledCalls, budgetMs / probedMs)));
    // The barriers between iterations take their time too.
    const estimateMs = 4 * probedMs * (iterations + warmUps);
    const times = await this.#times({ operation, bytes, iterations, warmUps }, estimateMs + patienceMs);
    return rowOf(this.channel, this.worldSize, operation, bytes, iterations, times);
  }

  /** Lets every rank leave in good order, and ends those that do not. */
  async close(): Promise<void> {
    const exits = this.#children.map(async (child) => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const timer = setTimeout(() => child.kill('SIGKILL'), closeTimeoutMs);
      const exited = once(child, 'exit');
      if (child.connected) child.send('close');
      await exited;
      clearTimeout(timer);
    });
    await Promise.all(exits);
  }

  /** Ends every rank at once. */
  kill(): void {
    for (const child of this.#children) child.kill('SIGKILL');
  }

  async #times(measurement: Measurement, timeoutMs: number): Promise<number[]> {
    for (const child of this.#children) child.send(measurement);
    const name = `${measurement.operation} of ${measurement.bytes} bytes`;
    const answers = await this.#answers(name, timeoutMs);
    return answers
      .flatMap((answer) => (answer.kind === 'times' ? answer.meanUs : []))
      .filter((time): time is number => time !== null);
  }

  async #answers(what: string, timeoutMs: number): Promise<RankAnswer[]> {
    const settled = new AbortController();
    const { signal } = settled;
    // Every rank listens to it.
    setMaxListeners(0, signal);
    const interrupt = () => settled.abort(this.#signal.reason);
    if (this.#signal.aborted) interrupt();
    this.#signal.addEventListener('abort', interrupt);
    const fail = (fault: string) => new BenchmarkError(this.channel, this.worldSize, what, fault);
    let timer: NodeJS.Timeout | undefined;
    const timeout = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(fail(`no answer within ${Math.round(timeoutMs / 1000)} s`)), timeoutMs);
    });
    const answers = this.#children.map(async (child) => {
      const exited = once(child, 'exit', { signal }).then(([code, killedBy]) => {
        throw fail(`a rank ended (${killedBy ?? `status ${code}`})`);
      });
      const [answer]: RankAnswer[] = await Promise.race([once(child, 'message', { signal }), exited]);
      exited.catch(() => undefined);
      if (answer?.kind === 'failed') throw fail(answer.fault);
      return answer ? [answer] : [];
    });
    try {
      return (await Promise.race([Promise.all(answers), timeout])).flat();
    } finally {
      clearTimeout(timer);
      this.#signal.removeEventListener('abort', interrupt);
      settled.abort();
      for (const each of answers) each.catch(() => undefined);
    }
  }
}

/** The figures of one measurement over all ranks that took part. */
export function rowOf(
  channel: string,
  ranks: number,
  operation: OperationName,
  bytes: number,
  iterations: number,
  times: readonly number[],
): BenchRow {
  const avgUs = times.reduce((sum, time) => sum + time, 0) / times.length;
  const { kind, busFactor }: BenchOperation = operations[operation];
  // Bytes per microsecond are megabytes per second.
  const rate = bytes / avgUs;
  const factor = busFactor(ranks);
  return {
    channel,
    ranks,
    operation,
    bytes,
    iterations,
    avgUs,
    minUs: Math.min(...times),
    maxUs: Math.max(...times),
    ...(kind === 'pair' && operation === 'bandwidth' ? { mbPerS: rate } : {}),
    ...(factor === undefined ? {} : { mbPerS: rate, busMbPerS: rate * factor }),
  };
}
