import type { Work } from './command.js';
import { UsageError } from './errors.js';
import { errorReport } from './errorText.js';
import { resultError } from './execution/runResult.js';
import { type ExitCode, exitCodes } from './exitCodes.js';
import { type CommonOptions, openSession, type Session } from './session.js';

/**
 * Runs a command to its end: whatever it throws becomes a message, the JSON object of `--json` if none was written yet,
 * and the exit status.
 */
export async function conclude(options: CommonOptions, load: () => Promise<Work>): Promise<ExitCode> {
  const session = openSession(options);
  try {
    const work = await load();
    return await work(session);
  } catch (error) {
    const { interruption, terminal } = session;
    if (interruption.receivedSignal !== undefined) {
      terminal.note('Interrupted.');
      if (!terminal.resultWritten) terminal.result({ error: resultError(interruption.signal.reason) });
      return signalExitCode(session);
    }
    reportError(session, error, options.verbose ?? false);
    return error instanceof UsageError ? exitCodes.usage : exitCodes.failure;
  }
}

/** The exit status after Ctrl-C, SIGTERM or a closed pipe. */
export const signalExitCode = ({ interruption: { receivedSignal } }: Session): ExitCode =>
  receivedSignal === undefined ? exitCodes.interrupted : codeOfSignal[receivedSignal];

const codeOfSignal = {
  SIGINT: exitCodes.interrupted,
  SIGTERM: exitCodes.terminated,
  EPIPE: exitCodes.unread,
} as const;

/** Tells people and machines what went wrong. */
export function reportError({ terminal }: Session, error: unknown, verbose: boolean): void {
  const { code, message, hint, unexpected } = errorReport(error);
  const { red, dim } = terminal.noteColours;
  terminal.note(`${red('error')} ${sentence(message.trimEnd(), hint)} ${dim(`[${code}]`)}`);
  if (verbose && error instanceof Error) terminal.note(stackWithCauses(error));
  else if (unexpected) terminal.note(dim('--verbose shows where this came from.'));
  if (!terminal.resultWritten) terminal.result({ error: { code, message } });
}

const sentence = (message: string, hint: string | undefined): string =>
  hint ? `${message}${/[.:!?]$/.test(message) ? '' : '.'} ${hint}` : message;

function stackWithCauses(error: Error): string {
  const stack = error.stack ?? error.message;
  return error.cause instanceof Error ? `${stack}\ncaused by ${stackWithCauses(error.cause)}` : stack;
}
