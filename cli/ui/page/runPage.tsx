import { useEffect, useState } from 'preact/hooks';
import type { RunView } from '../wire.js';
import { Confirm } from './confirm.js';
import { EventList } from './eventList.js';
import { LogTail } from './logTail.js';
import { Alert, Status } from './parts.js';
import { ProgressPanel } from './progressPanel.js';
import { RankPanel } from './rankPanel.js';
import { fragmentOf } from './route.js';
import { RunOutcome } from './runOutcome.js';
import { fetchRun, reportAddress, stopRun } from './server.js';
import { useAsked } from './useAsked.js';
import { type LiveRun, useLiveRun } from './useLiveRun.js';

/** Worlds up to this size have the logs of all their ranks followed; as many as the server reads at once. */
const fewRanks = 16;

/** One run: as it goes on, and what it came to. */
export function RunPage({ runId }: { runId: string }) {
  const { value: run, error, again } = useAsked(runId, (signal) => fetchRun(runId, signal));
  const [log, setLog] = useState('all');
  const live = useLiveRun(runId, log);
  const worldSize = run?.worldSize ?? live.progress?.ranks?.expected ?? null;
  useEffect(() => {
    // What the run came to is written by the time it has ended.
    if (live.ended) again();
  }, [live.ended, again]);
  const status = live.ended ?? live.progress?.status ?? run?.status;
  return (
    <>
      <div class="title">
        <div>
          <p class="eyebrow">Run</p>
          <h1>{runId}</h1>
          {status && <Status status={status} />}
        </div>
        <RunActions run={run} running={status === 'RUNNING'} runId={runId} />
      </div>
      <Alert error={error} />
      <Alert error={live.fault} />
      {live.interrupted && !live.ended && <p class="quiet">The connection is lost; trying again …</p>}
      {run?.error && <Alert error={{ message: `${run.error.code}: ${run.error.message}` }} />}
      {status === 'RUNNING' && live.progress && <ProgressPanel progress={live.progress} />}
      <Announcement live={live} />
      {run?.summary && <RunOutcome run={run} summary={run.summary} />}
      {run && live.ranks.size > 0 && (
        <RankPanel
          ranks={live.ranks}
          worldSize={worldSize ?? live.ranks.size}
          run={run}
          ended={live.ended !== undefined}
        />
      )}
      <div class="columns">
        <EventList events={live.events} originMs={run?.startedAtMs} />
        <LogTail lines={live.log} choice={log} choose={setLog} worldSize={worldSize} few={fewRanks} />
      </div>
      {run && <Payload run={run} />}
    </>
  );
}

function RunActions({ run, running, runId }: { run: RunView | undefined; running: boolean; runId: string }) {
  const [asking, setAsking] = useState(false);
  const [stopping, setStopping] = useState(false);
  const [error, setError] = useState<Error>();
  const stop = async () => {
    setAsking(false);
    setStopping(true);
    setError(undefined);
    try {
      await stopRun(runId);
    } catch (thrown) {
      setError(thrown instanceof Error ? thrown : new Error(String(thrown)));
    }
    setStopping(false);
  };
  return (
    <div class="actions">
      {run?.summary && (
        <a class="button primary" href={reportAddress(runId)} target="_blank" rel="noopener">
          Open report
        </a>
      )}
      {run && (
        <a class="button" href={fragmentOf({ page: 'new', from: runId })}>
          Run again
        </a>
      )}
      {running && (
        <button type="button" class="danger" disabled={stopping} onClick={() => setAsking(true)}>
          {stopping ? 'Stopping …' : 'Stop'}
        </button>
      )}
      {asking && (
        <Confirm
          question="Stop this run?"
          text="Its executors end with the partition that they are at; what they wrote is kept."
          yes="Stop the run"
          onYes={stop}
          onNo={() => setAsking(false)}
        />
      )}
      <Alert error={error} />
    </div>
  );
}

/** Tells who reads by ear how the run stands: when its state changes or a tenth more is done, not at every figure. */
function Announcement({ live: { progress, ended } }: { live: LiveRun }) {
  const words = { RUNNING: 'is running', SUCCEEDED: 'has succeeded', FAILED: 'has failed', ABORTED: 'was stopped' };
  const tenths = Math.floor((progress?.share ?? 0) * 10);
  const text = ended
    ? `The run ${words[ended]}.`
    : progress
      ? `${progress.stateName ?? 'Starting'}: ${tenths * 10} per cent done.`
      : '';
  return (
    <p class="unseen" role="status">
      {text}
    </p>
  );
}

function Payload({ run }: { run: RunView }) {
  return (
    <section>
      <h2>Payload</h2>
      {run.resultPrefix && (
        <p class="quiet">
          Results: <code>{run.resultPrefix}</code>
        </p>
      )}
      <pre>{JSON.stringify(run.payload, undefined, 2)}</pre>
    </section>
  );
}
