import { examples, perform } from '../command.js';
import { targetCommand } from './targetOptions.js';

export const statusCommand = () =>
  targetCommand('status', 'Show how a run stands, or what it came to.')
    .argument('[runId]', 'name of the run; default: the newest')
    .addHelpText('after', examples('muster status', 'muster status nightly-7 --json', 'muster status nightly-7 --aws'))
    .action((runId, options) =>
      perform(options, async () => {
        const { showStatus } = await import('../execution/statusCommand.js');
        return (session) => showStatus(session, runId, options);
      }),
    );
