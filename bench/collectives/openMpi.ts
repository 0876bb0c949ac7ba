import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { BenchRow } from '../../cli/bench/benchRow.js';
import { isOperationName } from '../../cli/bench/operations.js';
import { type MeasurementBudget, rowOf } from '../../cli/bench/rankGroup.js';

const run = promisify(execFile);
const source = fileURLToPath(new URL('../openmpi/collectives.c', import.meta.url));
const buildTimeoutMs = 60_000;
const maxOutputBytes = 10_000_000;

/** OpenMPI over TCP, as Debian packages it, with a C program of ours. Its processes live for one call of `measure`. */
export class OpenMpi {
  /** That `mpirun` names. */
  readonly version: string;
  readonly #program: string;
  readonly #signal: AbortSignal;

  private constructor(program: string, version: string, signal: AbortSignal) {
    this.#program = program;
    this.version = version;
    this.#signal = signal;
  }

  /** Compiles the program into a folder. @throws when `mpicc` is missing: `apt-get install openmpi-bin libopenmpi-dev`. */
  static async build(folder: string, signal: AbortSignal): Promise<OpenMpi> {
    const program = join(folder, 'openmpi-collectives');
    await run('mpicc', ['-O2', '-o', program, source], { signal, timeout: buildTimeoutMs });
    const { stdout } = await run('mpirun', ['--version'], { signal, timeout: buildTimeoutMs });
    return new OpenMpi(program, /[\d.]+/.exec(stdout)?.[0] ?? 'unknown', signal);
  }

  async measure(
    ranks: number,
    cases: readonly { readonly operation: string; readonly bytes: number }[],
    { budgetMs, minIterations, maxIterations }: MeasurementBudget,
    timeoutMs: number,
  ): Promise<BenchRow[]> {
    const args = [
      // Without ob1 another layer, where it is there, may go past TCP and through shared memory.
      ...['-n', String(ranks), '--mca', 'pml', 'ob1', '--mca', 'btl', 'tcp,self'],
      ...['--allow-run-as-root', '--oversubscribe', this.#program],
      ...[budgetMs, minIterations, maxIterations].map(String),
      ...cases.flatMap(({ operation, bytes }) => [operation, String(bytes)]),
    ];
    const limits = { signal: this.#signal, timeout: timeoutMs, maxBuffer: maxOutputBytes };
    const { stdout } = await run('mpirun', args, limits).catch((error) => {
      throw this.#signal.aborted ? error : new Error(faultOf(error, timeoutMs), { cause: error });
    });
    return stdout
      .trim()
      .split('\n')
      .map((line) => readLine(line, ranks));
  }
}

function readLine(line: string, ranks: number): BenchRow {
  const [operation = '', ...figures] = line.split(' ');
  const [bytes, iterations, avgUs, minUs, maxUs] = figures.map(Number);
  if (!isOperationName(operation) || figures.length !== 5 || figures.some((figure) => Number.isNaN(Number(figure)))) {
    throw new Error(`the OpenMPI program wrote a line that is not one of its own: ${line}`);
  }
  return { ...rowOf('openmpi', ranks, operation, bytes ?? 0, iterations ?? 0, [avgUs ?? 0]), minUs, maxUs };
}

/** Why `mpirun` failed, without the paths of this machine: the last line of its own that is not a rule. */
function faultOf(error: { killed?: boolean; stderr?: string }, timeoutMs: number): string {
  if (error.killed) return `mpirun did not end within ${timeoutMs / 1000} s`;
  const lines = (error.stderr ?? '').split('\n').filter((line) => /[^-\s]/.test(line));
  return `mpirun failed: ${lines.at(-1) ?? 'it does not say why'}`;
}
