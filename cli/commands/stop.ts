import { examples, perform } from '../command.js';
import { targetCommand } from './targetOptions.js';

export const stopCommand = () =>
  targetCommand('stop', 'Stop a run and wait until it has ended.')
    .argument('<runId>', 'name of the run')
    .addHelpText('after', examples('muster stop nightly-7', 'muster stop nightly-7 --aws --stage dev'))
    .action((runId, options) =>
      perform(options, async () => {
        const { stopNamedRun } = await import('../execution/stopCommand.js');
        return (session) => stopNamedRun(session, runId, options);
      }),
    );
