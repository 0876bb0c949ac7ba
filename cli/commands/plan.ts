import { Option } from '@commander-js/extra-typings';
import { examples, perform } from '../command.js';
import { budgetArgument } from './budgetArgument.js';
import { durationArgument } from './durationArgument.js';
import { integerArgument } from './integerArgument.js';
import { positiveNumberArgument } from './positiveNumberArgument.js';
import { failureShareOption, fromOption, replicationsOption, seedOption } from './simulationOptions.js';
import { targetCommand } from './targetOptions.js';

export const planCommand = () =>
  targetCommand('plan', 'Find partition size, memory and ranks for a deadline or a budget.')
    .option('--data <s3-uri>', 'the data, as s3://bucket/prefix')
    .option(
      '--data-gb <n>',
      'so many GB (10^9 bytes) of the length of the bundled data, without a cloud',
      positiveNumberArgument,
    )
    .option('--deadline <duration>', 'such as 60s or 5m: the cheapest plan that ends in time', durationArgument)
    .option('--budget <usd>', 'such as 1usd: alone, the fastest plan that costs no more', budgetArgument)
    .option('--concurrency <n>', 'as if so many executors could be alive at once', integerArgument(1))
    .addOption(
      new Option('--collectives <channel>', 'how the ranks meet at the end, as in a payload')
        .choices(['auto', 'none', 'relay', 'direct', 'storage'] as const)
        .default('auto' as const),
    )
    .option('--explain', 'show every term of the model with its source; * were fitted')
    .option('--validate <folder>', "fit to CosmicAI's 25 MB and 100 MB runs and compare with all; nothing is planned")
    .addOption(fromOption)
    .addOption(failureShareOption)
    .addOption(seedOption)
    .addOption(replicationsOption)
    .addHelpText(
      'after',
      `${examples(
        'muster plan --data s3://muster-local/surveys/sample --deadline 60s --from summary.json',
        'muster plan --data-gb 12.6 --budget 1usd --explain',
        'muster plan --validate test/cost/fixtures/cosmicai',
      )}

A plan keeps to its limits in 95 % of the simulated runs.`,
    )
    .action((options) =>
      perform(options, async () => {
        const { validate: folder } = options;
        if (folder !== undefined) {
          const { validate } = await import('../plan/validateCommand.js');
          return (session) => validate(session, folder, options.explain ?? false);
        }
        const { plan } = await import('../plan/planCommand.js');
        return (session) => plan(session, options);
      }),
    );
