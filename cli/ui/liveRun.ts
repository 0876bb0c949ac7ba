import { setTimeout as wait } from 'node:timers/promises';
import type { Target } from '../cloud/target.js';
import { executorSize } from '../execution/executorSize.js';
import { ResultsProbe } from '../execution/resultsProbe.js';
import type { RunObserver } from '../execution/runObserver.js';
import { type ExecutorSize, runProgress } from '../execution/runProgress.js';
import { hasEnded, type RunSnapshot } from '../execution/runSnapshot.js';
import { logsOfRun, looksAfterEnd } from '../logs/logsOfRun.js';
import type { RankLogs } from '../logs/rankLogs.js';
import { HistoryEvents } from './historyEvents.js';
import { RankBoard } from './rankBoard.js';
import type { EventView, LiveMessage, LogLineView, ProgressView } from './wire.js';

/** How often a run is looked at: often enough to seem at once, and on AWS within the quotas of its calls. */
const lookIntervalMs = { local: 300, aws: 2_000 } as const;

/** Ranks whose logs are followed at once when all are asked for. */
export const mostLogsAtOnce = 16;

/** Whose logs to follow. */
export type LogChoice = number | 'all' | 'none';

/** Tells everything about a run from its beginning until it has ended, also when it has ended before. */
export async function* liveRun(
  target: Target,
  observer: RunObserver,
  choice: LogChoice,
  signal: AbortSignal,
): AsyncGenerator<LiveMessage> {
  const history = new HistoryEvents(target.clients.sfn, observer.executionArn);
  const board = new RankBoard(target.clients.s3);
  const figures = new RunFigures(target);
  const logs = new LogTail(target, choice);
  for (;;) {
    const snapshot = await observer.observe(signal);
    const ended = hasEnded(snapshot);
    yield { name: 'progress', data: await figures.of(snapshot, signal) };
    const happened = await history.readNew(signal);
    const { ranks, events } = await board.look(snapshot.address, snapshot.ranks, ended, signal);
    if (ranks.length > 0) yield { name: 'ranks', data: ranks };
    if (happened.length + events.length > 0) yield { name: 'events', data: inOrder([...happened, ...events]) };
    for await (const lines of logs.readNew(snapshot, ended, signal)) yield { name: 'log', data: lines };
    if (ended) {
      yield { name: 'ended', data: { status: snapshot.status } };
      return;
    }
    await wait(lookIntervalMs[target.kind], undefined, { signal });
  }
}

const inOrder = (events: EventView[]): EventView[] => events.sort((left, right) => left.atMs - right.atMs);

/** Works out a running run's figures; of one that had ended before, the summary tells more. */
class RunFigures {
  readonly #target: Target;
  readonly #probe: ResultsProbe;
  #size: Promise<ExecutorSize | undefined> | undefined;
  #ran = false;

  constructor(target: Target) {
    this.#target = target;
    this.#probe = new ResultsProbe(target.clients.s3);
  }

  async of(snapshot: RunSnapshot, signal: AbortSignal): Promise<ProgressView> {
    this.#ran ||= !hasEnded(snapshot);
    const { clients, region } = this.#target;
    const results = this.#ran
      ? await this.#probe.look(snapshot, signal)
      : { plan: undefined, delivered: [], underWay: [] };
    if (results.plan) this.#size ??= executorSize(clients.lambda, results.plan, region);
    return runProgress(snapshot, results, await this.#size, Date.now());
  }
}

/** Reads on in the logs of the ranks that were asked for. */
class LogTail {
  readonly #target: Target;
  readonly #choice: LogChoice;
  #ranks: readonly RankLogs[] | undefined;

  constructor(target: Target, choice: LogChoice) {
    this.#target = target;
    this.#choice = choice;
  }

  async *readNew(snapshot: RunSnapshot, ended: boolean, signal: AbortSignal): AsyncGenerator<LogLineView[]> {
    this.#ranks ??= await this.#open(snapshot);
    for (let looksLeft = ended ? looksAfterEnd : 0; ; looksLeft--) {
      for (const rank of this.#ranks ?? []) {
        const lines = (await rank.readNew(signal)).flatMap(linesOf);
        if (lines.length > 0) yield lines;
      }
      if (looksLeft === 0 || (this.#ranks ?? []).every((rank) => rank.complete || !rank.begun)) return;
      await wait(lookIntervalMs[this.#target.kind], undefined, { signal });
    }
  }

  /** Undefined while there are no ranks yet; a rank that the run does not have logs nothing. */
  async #open(snapshot: RunSnapshot): Promise<readonly RankLogs[] | undefined> {
    if (this.#choice === 'none' || !snapshot.address) return undefined;
    if (this.#choice === 'all') return (await logsOfRun(this.#target, snapshot)).slice(0, mostLogsAtOnce);
    return this.#choice < snapshot.address.worldSize ? logsOfRun(this.#target, snapshot, this.#choice) : [];
  }
}

const linesOf = ({ rank, generation, lines }: Awaited<ReturnType<RankLogs['readNew']>>[number]): LogLineView[] =>
  lines.map(({ timestampMs, message }) => ({ rank, generation, atMs: timestampMs, text: message }));
