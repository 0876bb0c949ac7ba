import { Option } from '@commander-js/extra-typings';
import { examples, perform } from '../command.js';
import { targetCommand } from './targetOptions.js';

export const reportCommand = () =>
  targetCommand('report', "Make a run's report again, as a page or as a picture.")
    .argument('[source]', 'a run, summary.json, a folder that holds it, or s3://bucket/prefix; default: the newest run')
    .addOption(new Option('--format <format>', 'what to make').choices(['html', 'png', 'svg'] as const))
    .option('--out <file>', 'where it goes; default: <run>.<format> here')
    .addOption(
      new Option('--scheme <scheme>', 'colours of a picture; a page has both')
        .choices(['light', 'dark'] as const)
        .default('light' as const),
    )
    .addHelpText(
      'after',
      `${examples(
        'muster report',
        'muster report nightly-7 --out nightly-7.png',
        'muster report .muster/runs/nightly-7/summary.json --format svg --scheme dark',
        'muster report s3://my-bucket/results/nightly-7 --aws',
      )}

Without --format, the ending of --out decides; else it is a page. A summary on this disk does not hold the predictions:
name the run to have them drawn.`,
    )
    .action((source, options) =>
      perform(options, async () => {
        const { makeReport } = await import('../report/reportCommand.js');
        return (session) => makeReport(session, source, options);
      }),
    );
