import type { Target } from '../cloud/target.js';
import { type ListedRun, listedRuns } from '../execution/listedRuns.js';

/** What is known of a run that has ended is asked again after so long; its bill may be completed later. */
const keptMs = 5 * 60_000;

/** The newest runs, looked up as seldom as may be: the page asks for them again and again. */
export class RunList {
  readonly #target: Target;
  readonly #ended = new Map<string, { readonly run: ListedRun; readonly knownAtMs: number }>();

  constructor(target: Target) {
    this.#target = target;
  }

  async newest(limit: number, nowMs = Date.now()): Promise<ListedRun[]> {
    for (const [executionArn, { knownAtMs }] of this.#ended) {
      if (nowMs - knownAtMs > keptMs) this.#ended.delete(executionArn);
    }
    return listedRuns(this.#target, limit, {
      find: (executionArn) => this.#ended.get(executionArn)?.run,
      keep: (executionArn, run) => {
        if (run.endedAt !== null) this.#ended.set(executionArn, { run, knownAtMs: nowMs });
      },
    });
  }
}
