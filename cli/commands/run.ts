import { examples, perform } from '../command.js';
import { integerArgument } from './integerArgument.js';
import { positiveNumberArgument } from './positiveNumberArgument.js';
import { targetCommand } from './targetOptions.js';

const ranksArgument = integerArgument(1, 10_000);

export const runCommand = () =>
  targetCommand('run', 'Run a payload, show its progress and what it came to.')
    .argument('<payload>', 'a JSON file; "-" reads stdin')
    .option('--name <name>', 'name of the run; default: one by the time of day')
    .option('--detach', 'return when the run has started')
    .option('--dry-run', 'forecast time and bill, say what would keep the run from getting through, and start nothing')
    .option('--ranks <n>', 'with --dry-run: so many ranks of one partition each, without any data', ranksArgument)
    .option('--partition-mb <n>', 'with --ranks: MB (2^20 bytes) of a partition', positiveNumberArgument)
    .option('--samples <n>', 'with --ranks: samples of a partition', integerArgument(1))
    .option('--concurrency <n>', 'with --dry-run: as if so many executors could be alive at once', integerArgument(1))
    .option('--from <summary.json>', 'with --dry-run: reckon with the speeds of an earlier run')
    .addHelpText(
      'after',
      `${examples(
        'muster run examples/redshift/payload.json',
        'muster run payload.json --json > result.json',
        'jq ".batch_size = 64" payload.json | muster run -',
        'muster run payload.json --aws --stage dev --region us-east-1',
        'muster run --dry-run payload.json --aws',
        'muster run --dry-run payload.json --ranks 3000 --partition-mb 25 --concurrency 3000',
      )}

The embedded cloud of this directory is used; if it does not run, it is started for the time of the run.
Ctrl-C stops the run. Exit status: 0 the run succeeded, 1 it failed, 2 wrong usage, 130 Ctrl-C.`,
    )
    .action((payload, options) =>
      perform(options, async () => {
        if (options.dryRun) {
          const { dryRun } = await import('../forecast/dryRunCommand.js');
          return (session) => dryRun(session, payload, options);
        }
        const { runPayload } = await import('../execution/runCommand.js');
        return (session) => runPayload(session, payload, options);
      }),
    );
