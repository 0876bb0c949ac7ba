import { Command } from '@commander-js/extra-typings';
import type { ExitCode } from './exitCodes.js';
import type { CommonOptions, Session } from './session.js';

export const defaultStateDirectory = '.muster';

/** A subcommand with the options that all have. */
export function musterCommand(name: string, description: string) {
  return new Command(name)
    .description(description)
    .option('--json', 'write one JSON object to stdout; everything for people goes to stderr')
    .option('--verbose', 'show the stack of an unexpected error')
    .option('--directory <path>', 'where the embedded cloud keeps its state', defaultStateDirectory);
}

/** Text under a command's help. */
export const examples = (...lines: readonly string[]): string =>
  `\nExamples:\n${lines.map((line) => `  $ ${line}`).join('\n')}`;

/** What a command does when its options have been read; loaded only then, so that `--help` stays quick. */
export type Work = (session: Session) => Promise<ExitCode>;

/** Runs a command's work in a session of its own and sets the exit status of the process. */
export async function perform(options: CommonOptions, load: () => Promise<Work>): Promise<void> {
  const { conclude } = await import('./conclude.js');
  process.exitCode = await conclude(options, load);
}
