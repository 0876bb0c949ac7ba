import { examples, musterCommand, perform } from '../command.js';
import { integerArgument } from './integerArgument.js';

export const demoCommand = () =>
  musterCommand('demo', 'Simulate a small survey, infer its redshifts on the embedded cloud, show what came out.')
    .option('--ranks <n>', 'number of ranks; partitions are six, or as many as ranks', integerArgument(1, 1_000))
    .option('--seed <n>', 'which survey to simulate', integerArgument(0))
    .option('--keep', 'leave the cloud up afterwards, until Ctrl-C')
    .addHelpText('after', examples('muster demo', 'muster demo --ranks 3', 'muster demo --seed 7 --keep'))
    .action((options) =>
      perform(options, async () => {
        const { demo } = await import('../demo/demoCommand.js');
        return (session) => demo(session, options);
      }),
    );
