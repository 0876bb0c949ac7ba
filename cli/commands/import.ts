import { Option } from '@commander-js/extra-typings';
import { examples, musterCommand, perform } from '../command.js';

export const importCommand = () =>
  musterCommand('import', "Put published results and one's own runs into one table and one plot.")
    .argument('<folder...>', "CosmicAI's result folders, and folders that hold a summary.json")
    .option('--out <file>', 'plot them into this file: .html with the tables, .svg or .png')
    .addOption(
      new Option('--scheme <scheme>', 'colours of a picture; a page has both')
        .choices(['light', 'dark'] as const)
        .default('light' as const),
    )
    .addHelpText(
      'after',
      `${examples(
        'muster import result-partition-25MB result-partition-100MB',
        'muster import results/ .muster/runs --out comparison.html',
        'muster import result-partition-25MB/1GB/3 --json',
      )}

Execution times are taken from the nearest total_execution_time.csv above a run. Incomplete runs are named: ranks that are
missing, records that are there twice, exactly 1,000 records, records of several runs.`,
    )
    .action((folders, options) =>
      perform(options, async () => {
        const { importRuns } = await import('../import/importCommand.js');
        return (session) => importRuns(session, folders, options);
      }),
    );
