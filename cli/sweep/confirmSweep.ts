import { createInterface } from 'node:readline/promises';
import { UsageError } from '../errors.js';
import type { Session } from '../session.js';
import { SweepDeclinedError } from './errors.js';

/**
 * Asks the person at the terminal whether to go on.
 *
 * @throws UsageError where there is nobody to ask, SweepDeclinedError.
 */
export async function confirmSweep({ interruption }: Session): Promise<void> {
  if (!process.stdin.isTTY || !process.stderr.isTTY)
    throw new UsageError('There is no terminal to ask whether to run this; agree beforehand with --yes.');
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  // A line reader takes Ctrl-C for itself.
  lines.on('SIGINT', () => process.kill(process.pid, 'SIGINT'));
  try {
    const answer = await lines.question('Run it? [y/N] ', { signal: interruption.signal });
    if (!/^y(es)?$/i.test(answer.trim())) throw new SweepDeclinedError();
  } finally {
    lines.close();
  }
}
