import { examples, musterCommand, perform } from '../command.js';
import { awsOption, regionOption } from './targetOptions.js';

export const downloadCommand = () =>
  musterCommand('download', 'Copy an object, or everything under a prefix, from S3 into a folder.')
    .argument('<source>', 's3://bucket/key or s3://bucket/prefix')
    .argument('<folder>', 'where the files go; made if it is not there')
    .addOption(awsOption)
    .addOption(regionOption)
    .addHelpText(
      'after',
      examples(
        'muster download s3://muster-local/results/redshift results/',
        'muster download s3://my-bucket/results/nightly-7/predictions predictions/ --aws',
      ),
    )
    .action((source, folder, options) =>
      perform(options, async () => {
        const { download } = await import('../transfer/downloadCommand.js');
        return (session) => download(session, source, folder, options);
      }),
    );
