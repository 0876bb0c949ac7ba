import { useState } from 'preact/hooks';
import type { ListedRun } from '../../execution/listedRuns.js';
import { dateTime, duration, usd } from '../../terminal/quantities.js';
import { Alert, Status } from './parts.js';
import { fragmentOf, goTo } from './route.js';
import { fetchRuns, reportAddress } from './server.js';
import { useAsked } from './useAsked.js';

/** The newest runs; two of them can be chosen to be compared. */
export function RunsPage({ everyMs }: { everyMs: number }) {
  const { value, error } = useAsked('runs', fetchRuns, everyMs);
  const [chosen, setChosen] = useState<readonly string[]>([]);
  const choose = (runId: string) =>
    setChosen((before) =>
      before.includes(runId) ? before.filter((each) => each !== runId) : [...before, runId].slice(-2),
    );
  const [left, right] = inOrderOfTime(chosen, value?.runs ?? []);
  return (
    <>
      <div class="title">
        <h1>Runs</h1>
        <div class="actions">
          <button type="button" disabled={!right} onClick={() => right && goTo({ page: 'compare', left, right })}>
            Compare
          </button>
          <a class="button primary" href="#/new">
            New run
          </a>
        </div>
      </div>
      <Alert error={error} />
      <p class="unseen" role="status">
        {value
          ? `${value.runs.filter(({ status }) => status === 'RUNNING').length} of ${value.runs.length} runs are running.`
          : ''}
      </p>
      {value === undefined && !error && <p class="quiet">Looking for runs …</p>}
      {value?.runs.length === 0 && (
        <p class="quiet">
          There are no runs yet. <a href="#/new">Start one</a>, or try <code>muster demo</code> with this cloud.
        </p>
      )}
      {value && value.runs.length > 0 && (
        <>
          <p class="quiet">{right ? 'Two runs are chosen.' : 'Choose two runs to compare them.'}</p>
          <table class="runs">
            <caption class="unseen">Runs, newest first</caption>
            <thead>
              <tr>
                <td />
                <th scope="col">Run</th>
                <th scope="col">Status</th>
                <th scope="col">Started</th>
                <th scope="col" class="n">
                  Time
                </th>
                <th scope="col" class="n">
                  Cost
                </th>
                <th scope="col">Report</th>
              </tr>
            </thead>
            <tbody>
              {value.runs.map((run) => (
                <Row key={run.runId} run={run} chosen={chosen.includes(run.runId)} choose={choose} />
              ))}
            </tbody>
          </table>
        </>
      )}
    </>
  );
}

function Row({ run, chosen, choose }: { run: ListedRun; chosen: boolean; choose: (runId: string) => void }) {
  const { runId, status } = run;
  const comparable = run.usd !== null;
  return (
    <tr>
      <td class="choice">
        <input
          type="checkbox"
          aria-label={`Compare ${runId}`}
          title={comparable ? undefined : 'Only a run with a summary can be compared'}
          checked={chosen}
          disabled={!comparable}
          onChange={() => choose(runId)}
        />
      </td>
      <th scope="row">
        <a href={fragmentOf({ page: 'run', runId })}>{runId}</a>
      </th>
      <td>
        <Status status={status} />
      </td>
      <td class="when">{dateTime(new Date(run.startedAt))}</td>
      <td class="n">{duration(run.durationMs)}</td>
      <td class="n">{run.usd === null ? '–' : usd(run.usd)}</td>
      <td>
        {comparable && (
          <a href={reportAddress(runId)} target="_blank" rel="noopener" aria-label={`Report of ${runId}`}>
            open
          </a>
        )}
      </td>
    </tr>
  );
}

/** The older one left, as time goes. */
function inOrderOfTime(chosen: readonly string[], runs: readonly ListedRun[]): readonly string[] {
  return runs
    .map(({ runId }) => runId)
    .filter((runId) => chosen.includes(runId))
    .reverse();
}
