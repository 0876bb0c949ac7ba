import { Option } from '@commander-js/extra-typings';
import { partitionFormats } from '../../data/index.js';
import { examples, musterCommand, perform } from '../command.js';
import { integerArgument } from './integerArgument.js';
import { positiveNumberArgument } from './positiveNumberArgument.js';
import { awsOption, regionOption } from './targetOptions.js';

export const partitionCommand = () =>
  musterCommand('partition', 'Split a dataset into partitions, one for a rank to read.')
    .argument('<dataset...>', 'files of one dataset (.pt, .safetensors, .npy, .npz), local or s3://')
    .requiredOption('--out <place>', 'a folder or s3://bucket/prefix; gets 1.pt, 2.pt, ...')
    .option('--mb <n>', 'about so many MB (2^20 bytes) of arrays a partition', positiveNumberArgument)
    .option('--samples <n>', 'exactly so many samples a partition', integerArgument(1))
    .addOption(
      new Option('--format <format>', 'format to write; default: that of the dataset').choices(partitionFormats),
    )
    .option('--arrays <names>', 'the arrays to write, with commas between; default: all', (text) => text.split(','))
    .option('--resume', 'keep the partitions that an interrupted split has written')
    .addOption(awsOption)
    .addOption(regionOption)
    .addHelpText(
      'after',
      examples(
        'muster partition survey.pt --mb 25 --out partitions/',
        'muster partition a.npz b.npz --samples 1000 --format safetensors --out s3://muster-local/surveys/mine',
        'muster partition survey.pt --mb 100 --out s3://my-bucket/100MB --aws',
      ),
    )
    .action((dataset, options) =>
      perform(options, async () => {
        const { partition } = await import('../partition/partitionCommand.js');
        return (session) => partition(session, dataset, options);
      }),
    );
