import { Command, CommanderError } from '@commander-js/extra-typings';
import packageJson from '../package.json' with { type: 'json' };
import { benchCommand } from './commands/bench.js';
import { costCommand } from './commands/cost.js';
import { demoCommand } from './commands/demo.js';
import { doctorCommand } from './commands/doctor.js';
import { downCommand } from './commands/down.js';
import { downloadCommand } from './commands/download.js';
import { importCommand } from './commands/import.js';
import { listCommand } from './commands/list.js';
import { logsCommand } from './commands/logs.js';
import { memoryCommand } from './commands/memory.js';
import { partitionCommand } from './commands/partition.js';
import { planCommand } from './commands/plan.js';
import { rendezvousCommand } from './commands/rendezvous.js';
import { reportCommand } from './commands/report.js';
import { runCommand } from './commands/run.js';
import { simulateCommand } from './commands/simulate.js';
import { statusCommand } from './commands/status.js';
import { stopCommand } from './commands/stop.js';
import { sweepCommand } from './commands/sweep.js';
import { uiCommand } from './commands/ui.js';
import { upCommand } from './commands/up.js';
import { uploadCommand } from './commands/upload.js';
import { exitCodes } from './exitCodes.js';

const overview = `
Start here:
  $ muster demo                       a whole run on this machine, in under a minute
  $ muster run payload.json           your own
  $ muster run payload.json --aws     the same, on AWS

Exit status: 0 done, 1 failed, 2 wrong usage, 130 Ctrl-C. "muster <command> --help" has examples.`;

/** The `muster` command with all its subcommands. */
export function createProgram() {
  const program = new Command('muster')
    .description(packageJson.description)
    .version(packageJson.version)
    .exitOverride()
    .showHelpAfterError('Run it with --help to see its options.')
    .addHelpText('after', overview);
  const commands = [
    demoCommand(),
    upCommand(),
    downCommand(),
    runCommand(),
    sweepCommand(),
    statusCommand(),
    stopCommand(),
    logsCommand(),
    reportCommand(),
    listCommand(),
    costCommand(),
    uiCommand(),
    importCommand(),
    uploadCommand(),
    downloadCommand(),
    partitionCommand(),
    memoryCommand(),
    doctorCommand(),
    rendezvousCommand(),
    planCommand(),
    simulateCommand(),
    benchCommand(),
  ];
  for (const command of commands) {
    program.addCommand(command.copyInheritedSettings(program));
    for (const subcommand of command.commands) subcommand.copyInheritedSettings(command);
  }
  return program;
}

/** Runs a command line; the exit status is in `process.exitCode` afterwards. */
export async function runCommandLine(argv: readonly string[]): Promise<void> {
  try {
    await createProgram().parseAsync([...argv]);
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    // Help and version, when asked for, end with 0; commander has written its message already.
    process.exitCode = error.exitCode === 0 ? exitCodes.success : exitCodes.usage;
    if (error.exitCode !== 0 && argv.includes('--json')) {
      const message = error.message.replace(/^error: /, '');
      process.stdout.write(`${JSON.stringify({ error: { code: 'USAGE', message } })}\n`);
    }
  }
}
