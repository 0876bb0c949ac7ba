import { examples, musterCommand, perform } from '../command.js';
import { integerArgument } from './integerArgument.js';

export const upCommand = () =>
  musterCommand('up', 'Run the embedded cloud and print the environment that points AWS clients at it.')
    .option('--port <port>', 'port of the endpoint; 0: any free one', integerArgument(0, 65_535), 0)
    .option(
      '--concurrency <n>',
      'Lambda executions at a time; default: as many as the memory has room for',
      integerArgument(1, 10_000),
    )
    .option('--detach', 'run in the background, until "muster down"; a cloud that runs already is told of')
    .addHelpText(
      'after',
      `${examples(
        'muster up',
        'muster up --port 4566 --concurrency 200',
        'eval "$(muster up --detach)" && aws s3 ls s3://muster-local/',
      )}

stdout is for a shell to evaluate, or with --json one line with the endpoint and its credentials.`,
    )
    .action((options) =>
      perform(options, async () => {
        const { up } = await import('../cloud/upCommand.js');
        return (session) => up(session, options);
      }),
    );
