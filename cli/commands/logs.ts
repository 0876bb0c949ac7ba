import { examples, perform } from '../command.js';
import { integerArgument } from './integerArgument.js';
import { targetCommand } from './targetOptions.js';

export const logsCommand = () =>
  targetCommand('logs', 'Print what the ranks of a run logged, every attempt included.')
    .argument('[runId]', 'name of the run; default: the newest')
    .option('--rank <rank>', 'this rank only', integerArgument(0, 9_999))
    .option('--follow', 'go on until the run has ended')
    .addHelpText(
      'after',
      examples('muster logs --rank 3', 'muster logs nightly-7 --follow', 'muster logs nightly-7 --aws'),
    )
    .action((runId, options) =>
      perform(options, async () => {
        const { showLogs } = await import('../logs/logsCommand.js');
        return (session) => showLogs(session, runId, options);
      }),
    );
