import { InvalidArgumentError, Option } from '@commander-js/extra-typings';
import { architectures } from '../../cost/prices.js';
import { examples, perform } from '../command.js';
import { durationArgument } from './durationArgument.js';
import { integerArgument } from './integerArgument.js';
import { positiveNumberArgument } from './positiveNumberArgument.js';
import { targetCommand } from './targetOptions.js';

/** Whole numbers with commas between them. */
const listArgument = (minimum: number, maximum: number) => (text: string) => {
  const read = integerArgument(minimum, maximum);
  const values = text.split(',').map((part) => read(part.trim()));
  if (new Set(values).size < values.length) throw new InvalidArgumentError('Expected each number once.');
  return values;
};

export const costCommand = () =>
  targetCommand('cost', 'Show what a run, a function or an exported log costs, line by line.')
    .option('--run <runId>', 'name of the run; default: the newest')
    .option('--since <duration>', 'with --function or --log-group: so far back, such as 2h', durationArgument)
    .option('--function <name>', 'all invocations of a Lambda function')
    .option('--log-group <name>', 'all invocations of a log group')
    .option('--log-file <path>', 'all invocations of an exported log: text or JSON, one event a line, or its .gz')
    .option('--wait <duration>', 'how long to wait for REPORT lines; default: 60s, 5s without --aws', durationArgument)
    .option('--prices <path>', 'a price table of your own, made from cost/priceTable.json')
    .addOption(
      new Option('--architecture <name>', 'of the functions, where only the log is known').choices(architectures),
    )
    .option(
      '--ephemeral-storage-mb <n>',
      '/tmp of the functions, where only the log is known',
      integerArgument(512, 10_240),
    )
    .option('--nodes <list>', 'the same work on clusters of so many nodes, such as 20,100', listArgument(1, 100_000))
    .option('--node-price <usd>', 'dollars of an hour of a node', positiveNumberArgument)
    .option('--spot-price <usd>', 'dollars of an hour of a node on spot', positiveNumberArgument)
    .option('--memory <list>', 'the same work at other memory sizes, in MB', listArgument(128, 10_240))
    .option('--csv', 'write the lines of the bill as comma-separated values')
    .addHelpText(
      'after',
      `${examples(
        'muster cost',
        'muster cost --run nightly-7 --aws',
        'muster cost --run nightly-7 --csv > bill.csv',
        'muster cost --run nightly-7 --nodes 20,100 --node-price 0.2748 --memory 3538,7076',
        'muster cost --since 2h --function muster-dev-executor --aws',
        'muster cost --since 24h --log-group /aws/lambda/other --aws --prices prices.json',
        'muster cost --log-file executor.log --architecture arm64',
      )}

REPORT lines that came after the end of a run are added to its summary and report.`,
    )
    .action((options) =>
      perform(options, async () => {
        const { showCost } = await import('../cost/costCommand.js');
        return (session) => showCost(session, options);
      }),
    );
