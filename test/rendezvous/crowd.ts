import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** What one process of a crowd tells: the sums of its ranks, and times in milliseconds. */
export interface CrowdReport {
  readonly sums: number[];
  readonly joinMs: number;
  readonly barrierMs: number;
  readonly allreduceMs: number;
}

/** All ranks of one world, spread over a few processes. */
export class Crowd {
  readonly #children: ChildProcess[];

  /** @param joinsPerSecond how many ranks of all begin to join in a second; all at once by default. */
  constructor(url: string, worldSize: number, processes: number, joinsPerSecond?: number) {
    const script = fileURLToPath(new URL('memberCrowd.ts', import.meta.url));
    const share = Math.ceil(worldSize / processes);
    this.#children = Array.from({ length: processes }, (_, index) => {
      const first = index * share;
      const joinIntervalMs = joinsPerSecond === undefined ? 0 : (1000 * processes) / joinsPerSecond;
      const options = { url, first, count: Math.min(share, worldSize - first), worldSize, joinIntervalMs };
      return fork(script, [JSON.stringify(options)], { execArgv: ['--import', 'tsx'] });
    });
  }

  /** Resolves when every rank is done with its part and still a member. */
  reports(): Promise<CrowdReport[]> {
    return Promise.all(
      this.#children.map(async (child) => {
        const exited = once(child, 'exit').then(([code]) => {
          throw new Error(`a process of the crowd ended with code ${code}`);
        });
        exited.catch(() => undefined);
        const [report] = await Promise.race([once(child, 'message'), exited]);
        return report;
      }),
    );
  }

  /** Every rank departs in good order. */
  async depart(): Promise<void> {
    await Promise.all(
      this.#children.map(async (child) => {
        const exited = once(child, 'exit');
        child.send('depart');
        await exited;
      }),
    );
  }

  kill(): void {
    for (const child of this.#children) child.kill('SIGKILL');
  }
}
