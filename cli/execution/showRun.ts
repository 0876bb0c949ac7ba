import { s3Uri } from '../../run/keys.js';
import type { RunSummary } from '../../run/summary.js';
import type { Terminal } from '../terminal/terminal.js';
import { statusWord } from './progressLines.js';
import { resultTables } from './resultTables.js';
import type { RunSnapshot } from './runSnapshot.js';

/** Tells people how a run ended: its tables as far as there are any, and why it failed. */
export function showEndedRun(terminal: Terminal, snapshot: RunSnapshot, summary: RunSummary | undefined): void {
  const { colours } = terminal;
  const { runId, status, fault, address } = snapshot;
  terminal.say();
  if (summary) terminal.say(resultTables(summary, colours));
  else terminal.say(`${statusWord(status, colours)}  ${runId}`);
  if (status === 'SUCCEEDED' || !fault) return;
  // The summary names the ranks that failed; the fault would only say it again.
  if (!summary || summary.ranks.failed.length === 0) terminal.say(`\n${colours.red(fault.name)}: ${fault.message}`);
  if (!summary && address)
    terminal.say(`What was written is kept under ${s3Uri(address.bucket, address.resultPrefix)}`);
}
