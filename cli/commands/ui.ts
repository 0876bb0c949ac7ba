import { examples, perform } from '../command.js';
import { integerArgument } from './integerArgument.js';
import { targetCommand } from './targetOptions.js';

export const uiCommand = () =>
  targetCommand('ui', 'Serve the dashboard: runs and their cost, live progress, start, stop, compare, reports.')
    .option('--port <port>', 'port on 127.0.0.1; 0: any free one', integerArgument(0, 65_535), 0)
    .option('--open', 'open it in the browser; default: when a person sits at the terminal')
    .option('--no-open', 'only print its address')
    .addHelpText(
      'after',
      `${examples('muster ui', 'muster ui --port 8090 --no-open', 'muster ui --aws --stage dev --region us-east-1')}

The embedded cloud of this directory is used; if it does not run, it is started for as long as the dashboard is open.
The address holds a token; whoever knows it can do what the dashboard does. Ctrl-C ends it.`,
    )
    .action((options) =>
      perform(options, async () => {
        const { ui } = await import('../ui/uiCommand.js');
        return (session) => ui(session, options);
      }),
    );
