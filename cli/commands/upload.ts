import { examples, musterCommand, perform } from '../command.js';
import { awsOption, regionOption } from './targetOptions.js';

export const uploadCommand = () =>
  musterCommand('upload', 'Copy files and folders to S3; what is there already with the same content is skipped.')
    .argument('<paths...>', 'files and folders, and at the end s3://bucket/prefix; names are put below the prefix')
    .option('--dry-run', 'say what would be copied, and copy nothing')
    .option('--create-bucket', 'make the bucket if it is not there')
    .addOption(awsOption)
    .addOption(regionOption)
    .usage('[options] <file|folder>... s3://bucket/prefix')
    .addHelpText(
      'after',
      `${examples(
        'muster upload partitions/ s3://muster-local/surveys/mine',
        'muster upload model.onnx s3://muster-local/models/mine',
        'muster upload --dry-run partitions/ s3://my-bucket/surveys/mine --aws',
      )}

After an interruption, the same command goes on where it stopped.`,
    )
    .action((paths, options) =>
      perform(options, async () => {
        const { upload } = await import('../transfer/uploadCommand.js');
        return (session) => upload(session, paths.slice(0, -1), paths[paths.length - 1], options);
      }),
    );
