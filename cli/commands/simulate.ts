import { examples, musterCommand, perform } from '../command.js';
import { integerArgument } from './integerArgument.js';
import { positiveNumberArgument } from './positiveNumberArgument.js';
import { failureShareOption, fromOption, replicationsOption, seedOption } from './simulationOptions.js';
import { regionOption } from './targetOptions.js';

export const simulateCommand = () =>
  musterCommand('simulate', 'Forecast a run of any number of ranks by simulating it, without data or a cloud.')
    .argument('<payload>', 'a JSON file; "-" reads stdin')
    .requiredOption('--ranks <n>', 'ranks, each with one partition', integerArgument(1, 10_000))
    .option('--partition-mb <n>', 'MB (2^20 bytes) of a partition; default: 25', positiveNumberArgument)
    .option('--samples <n>', 'samples of a partition', integerArgument(1))
    .option('--concurrency <n>', 'executors that can be alive at once; default: 1,000', integerArgument(1))
    .addOption(fromOption)
    .addOption(failureShareOption)
    .addOption(seedOption)
    .addOption(replicationsOption)
    .addOption(regionOption)
    .addHelpText(
      'after',
      examples(
        'muster simulate payload.json --ranks 10000',
        'muster simulate payload.json --ranks 10000 --concurrency 3000 --failure-share 0.02 --json',
      ),
    )
    .action((payload, options) =>
      perform(options, async () => {
        const { simulate } = await import('../simulate/simulateCommand.js');
        return (session) => simulate(session, payload, options);
      }),
    );
