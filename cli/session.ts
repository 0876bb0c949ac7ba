import { type StateDirectory, stateDirectory } from './cloud/stateDirectory.js';
import { Interruption } from './interruption.js';
import { Terminal } from './terminal/terminal.js';

/** Options that every command takes. */
export interface CommonOptions {
  readonly json?: true;
  readonly verbose?: true;
  readonly directory: string;
}

/** What a command works with beside its own options. */
export interface Session {
  readonly terminal: Terminal;
  readonly interruption: Interruption;
  readonly directory: StateDirectory;
}

/** The session of this process. */
export function openSession({ json, directory }: CommonOptions): Session {
  return {
    terminal: new Terminal({
      json: json ?? false,
      stdout: process.stdout,
      stderr: process.stderr,
      environment: process.env,
    }),
    interruption: new Interruption(process, [process.stdout, process.stderr]),
    directory: stateDirectory(directory),
  };
}
