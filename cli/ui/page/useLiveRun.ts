import { useEffect, useState } from 'preact/hooks';
import type { RunStatus } from '../../execution/runSnapshot.js';
import type { EventView, FaultView, LiveMessages, LiveName, LogLineView, ProgressView, RankView } from '../wire.js';
import { liveAddress } from './server.js';

/** Lines of the log that are kept; whoever wants all of them has "muster logs". */
const keptLines = 2_000;

/** What has been told of a run so far. */
export interface LiveRun {
  readonly progress: ProgressView | undefined;
  readonly ranks: ReadonlyMap<number, RankView>;
  readonly events: readonly EventView[];
  readonly log: readonly LogLineView[];
  readonly ended: RunStatus | undefined;
  readonly fault: FaultView | undefined;
  /** Whether the connection is lost; the browser takes it up again. */
  readonly interrupted: boolean;
}

const nothing: LiveRun = {
  progress: undefined,
  ranks: new Map(),
  events: [],
  log: [],
  ended: undefined,
  fault: undefined,
  interrupted: false,
};

/** Lines of several ranks come one rank after the other. */
const byTime = (left: LogLineView, right: LogLineView): number => left.atMs - right.atMs;

const reducers: { readonly [Name in LiveName]: (run: LiveRun, data: LiveMessages[Name]) => LiveRun } = {
  progress: (run, progress) => ({ ...run, progress }),
  events: (run, events) => ({ ...run, events: [...run.events, ...events] }),
  ranks: (run, ranks) => ({
    ...run,
    ranks: new Map([...run.ranks, ...ranks.map((rank) => [rank.rank, rank] as const)]),
  }),
  log: (run, lines) => ({ ...run, log: [...run.log, ...lines].sort(byTime).slice(-keptLines) }),
  ended: (run, { status }) => ({ ...run, ended: status }),
  fault: (run, fault) => ({ ...run, fault }),
};

/** Follows a run and the logs of the ranks that are asked for. */
export function useLiveRun(runId: string, log: string): LiveRun {
  const [run, setRun] = useState(nothing);
  useEffect(() => {
    const source = new EventSource(liveAddress(runId, log));
    // Every connection tells everything from the beginning.
    source.onopen = () => setRun(nothing);
    source.onerror = () => setRun((before) => ({ ...before, interrupted: true }));
    const listen = <Name extends LiveName>(name: Name) =>
      source.addEventListener(name, ({ data }) => {
        const message: LiveMessages[Name] = JSON.parse(data);
        setRun((before) => reducers[name](before, message));
        if (name === 'ended' || name === 'fault') source.close();
      });
    listen('progress');
    listen('events');
    listen('ranks');
    listen('log');
    listen('ended');
    listen('fault');
    return () => source.close();
  }, [runId, log]);
  return run;
}
