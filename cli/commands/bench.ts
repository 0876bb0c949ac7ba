import { Command, InvalidArgumentError, Option } from '@commander-js/extra-typings';
import { benchChannels } from '../bench/benchChannels.js';
import { isOperationName, type OperationName, operationNames } from '../bench/operations.js';
import { examples, musterCommand, perform } from '../command.js';
import { integerArgument } from './integerArgument.js';

export const benchCommand = () =>
  new Command('bench').description('Time parts of Muster on this machine.').addCommand(collectivesCommand());

const collectivesCommand = () =>
  musterCommand('collectives', 'Time the collectives, every rank a process of its own (OSU form).')
    .addOption(
      new Option('--channel <channel>', 'how the ranks talk to each other')
        .choices(benchChannels)
        .default('relay' as const),
    )
    .option('--ranks <n,...>', 'numbers of ranks', integers(1, 256), [2, 4])
    .option(
      '--sizes <bytes,...>',
      "sizes of a rank's message, in bytes",
      integers(1, 2 ** 30),
      [8, 1024, 65_536, 1_048_576],
    )
    .option('--ops <names,...>', `of ${operationNames.join(', ')}; default: all`, operationList, [...operationNames])
    .option('--budget-ms <n>', 'time for the iterations of one figure', integerArgument(1), 500)
    .option('--poll-ms <n>', 'with direct: look for messages so long before going to sleep', integerArgument(0))
    .option('--plain-sockets', 'with direct: leave the sockets to Node, as where koffi is not installed')
    .addHelpText(
      'after',
      examples(
        'muster bench collectives',
        'muster bench collectives --channel direct --ranks 4 --sizes 8,1048576 --ops allreduce,bcast --json',
      ),
    )
    .action((options) =>
      perform(options, async () => {
        const { benchCollectives } = await import('../bench/benchCollectives.js');
        return (session) => benchCollectives(session, options);
      }),
    );

function integers(minimum: number, maximum: number): (text: string) => number[] {
  return (text) =>
    text.split(',').map((part) => {
      const number = Number(part);
      if (/^\d+$/.test(part) && number >= minimum && number <= maximum) return number;
      throw new InvalidArgumentError(`Expected whole numbers from ${minimum} to ${maximum} with commas between.`);
    });
}

function operationList(text: string): OperationName[] {
  return text.split(',').map((name) => {
    if (isOperationName(name)) return name;
    throw new InvalidArgumentError(`There is no "${name}"; choose of ${operationNames.join(', ')}.`);
  });
}
