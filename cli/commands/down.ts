import { examples, musterCommand, perform } from '../command.js';

export const downCommand = () =>
  musterCommand('down', 'End the embedded cloud of this directory and wait until it has ended.')
    .addHelpText('after', examples('muster down', 'muster down --directory /tmp/muster-state'))
    .action((options) =>
      perform(options, async () => {
        const { down } = await import('../cloud/downCommand.js');
        return down;
      }),
    );
