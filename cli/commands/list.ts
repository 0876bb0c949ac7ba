import { examples, perform } from '../command.js';
import { integerArgument } from './integerArgument.js';
import { targetCommand } from './targetOptions.js';

export const listCommand = () =>
  targetCommand('list', 'List the newest runs with their status, time and cost.')
    .option('--limit <n>', 'at most so many runs', integerArgument(1, 1000), 20)
    .addHelpText('after', examples('muster list', 'muster list --limit 5 --json'))
    .action((options) =>
      perform(options, async () => {
        const { listRuns } = await import('../execution/listCommand.js');
        return (session) => listRuns(session, options);
      }),
    );
