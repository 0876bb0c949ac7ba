import { examples, perform } from '../command.js';
import { targetCommand } from './targetOptions.js';

export const sweepCommand = () =>
  targetCommand('sweep', 'Run one payload at many sizes and show what they take and cost.')
    .argument('<sweep>', 'a JSON file; "-" reads stdin')
    .option('--quick', 'run the small variant that the file has under "quick"')
    .option('--yes', 'do not ask before the first run')
    .option(
      '--out <folder>',
      'where sweep.json, sweep.csv, report.html and the state go; default: <directory>/sweeps/<name>',
    )
    .option('--bucket <name>', "the payload's bucket, instead of the one in the file")
    .option('--retry-failed', 'make the runs that failed again')
    .option('--restart', 'forget the runs that were made, and begin anew')
    .addHelpText(
      'after',
      `${examples(
        'muster sweep examples/sweeps/batch-size.json --quick --yes',
        'muster sweep examples/sweeps/strong-scaling.json',
        'muster sweep examples/sweeps/cosmic-partitions.json --aws --bucket my-bucket',
      )}

Runs that were made are kept beside the output: after Ctrl-C the same command goes on where it stopped.
Exit status: 0 every run succeeded, 1 one failed or the money was spent, 2 wrong usage, 130 Ctrl-C.`,
    )
    .action((path, options) =>
      perform(options, async () => {
        const { sweep } = await import('../sweep/sweepCommand.js');
        return (session) => sweep(session, path, options);
      }),
    );
