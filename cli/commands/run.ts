import { examples, musterCommand, perform } from '../command.js';
import { awsOption, regionOption, stageOption, stateMachineOption } from './targetOptions.js';

export const runCommand = () =>
  musterCommand('run', 'Run a payload, show its progress and what it came to.')
    .argument('<payload>', 'a JSON file; "-" reads stdin')
    .option('--name <name>', 'name of the run; default: one by the time of day')
    .option('--detach', 'return when the run has started')
    .addOption(awsOption)
    .addOption(stageOption)
    .addOption(regionOption)
    .addOption(stateMachineOption)
    .addHelpText(
      'after',
      `${examples(
        'muster run examples/redshift/payload.json',
        'muster run payload.json --json > result.json',
        'jq ".batch_size = 64" payload.json | muster run -',
        'muster run payload.json --aws --stage dev --region us-east-1',
      )}

The embedded cloud of this directory is used; if it does not run, it is started for the time of the run.
Ctrl-C stops the run. Exit status: 0 the run succeeded, 1 it failed, 2 wrong usage, 130 Ctrl-C.`,
    )
    .action((payload, options) =>
      perform(options, async () => {
        const { runPayload } = await import('../execution/runCommand.js');
        return (session) => runPayload(session, payload, options);
      }),
    );
