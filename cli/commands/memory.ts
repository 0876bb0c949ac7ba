import { Command } from '@commander-js/extra-typings';
import { examples, perform } from '../command.js';
import { integerArgument } from './integerArgument.js';
import { targetCommand } from './targetOptions.js';

export const memoryCommand = () =>
  new Command('memory')
    .description('Sizes of the executor that payloads can ask for by "memory_mb".')
    .addCommand(ensureCommand())
    .addCommand(listCommand())
    .addCommand(removeCommand());

const memoryMb = integerArgument(128, 10_240);
const memoriesMb = (text: string, before: number[] = []): number[] => [...before, memoryMb(text)];

const ensureCommand = () =>
  targetCommand('ensure', 'Make versions of the executor with so much memory, where there are none yet.')
    .argument('<mb...>', 'megabytes, 128 to 10240', memoriesMb)
    .addHelpText(
      'after',
      `${examples('muster memory ensure 1769 3008', 'muster memory ensure 5307 --aws --stage dev')}

Lambda publishes what the function is at the moment, so its memory is changed for some seconds and set back. No run notices:
the deployed size gets a version too, which runs keep to from then on, and runs that do not are waited for.`,
    )
    .action((sizes, options) =>
      perform(options, async () => {
        const { ensure } = await import('../memory/memoryCommand.js');
        return (session) => ensure(session, sizes, options);
      }),
    );

const listCommand = () =>
  targetCommand('list', 'List the sizes that there are.')
    .addHelpText('after', examples('muster memory list', 'muster memory list --aws --json'))
    .action((options) =>
      perform(options, async () => {
        const { list } = await import('../memory/memoryCommand.js');
        return (session) => list(session, options);
      }),
    );

const removeCommand = () =>
  targetCommand('remove', 'Remove sizes that no run under way uses.')
    .argument('<mb...>', 'megabytes', memoriesMb)
    .addHelpText('after', examples('muster memory remove 3008', 'muster memory remove 1769 3008 --aws'))
    .action((sizes, options) =>
      perform(options, async () => {
        const { remove } = await import('../memory/memoryCommand.js');
        return (session) => remove(session, sizes, options);
      }),
    );
