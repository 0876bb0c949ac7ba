import { type Validation, validateFit } from '../../cost/planner/validateFit.js';
import { type ExitCode, exitCodes } from '../exitCodes.js';
import type { Session } from '../session.js';
import { figure, percent } from '../terminal/quantities.js';
import { table } from '../terminal/table.js';
import type { Colours } from '../terminal/terminal.js';
import { termsTable } from './modelText.js';
import { readCosmicAi } from './readPilots.js';

/** `muster plan --validate`: fits to CosmicAI's 25 MB and 100 MB runs and says how far off all runs are. */
export async function validate({ terminal }: Session, folder: string, explain: boolean): Promise<ExitCode> {
  const { runs, results } = await readCosmicAi(folder);
  const validation = validateFit(runs, results);
  terminal.say(validationText(validation, terminal.colours));
  const { constants, fitted } = validation.fit;
  if (explain) terminal.say(`\n${termsTable(constants, fitted, terminal.colours)}`);
  terminal.result(validation);
  return exitCodes.success;
}

function validationText({ rows, medianErrors, unseenError }: Validation, colours: Colours): string {
  const lines = rows.map(({ partitionMb, dataGb, ranks, fitted, measuredS, modelS, error }) => [
    `${partitionMb} MB`,
    `${dataGb} GB`,
    ranks,
    measuredS.map((seconds) => seconds.toFixed(1)).join(' '),
    modelS.toFixed(1),
    `${error < 0 ? '-' : '+'}${(100 * Math.abs(error)).toFixed(1)} %`,
    fitted ? 'fitted' : 'not seen',
  ]);
  return [
    table(
      [
        { heading: 'partition' },
        { heading: 'data', align: 'right' },
        { heading: 'ranks', align: 'right' },
        { heading: 'measured, s', align: 'right' },
        { heading: 'model, s', align: 'right' },
        { heading: 'error', align: 'right' },
        { heading: '' },
      ],
      lines,
      colours,
    ),
    '',
    ...medianErrors.map(
      ({ partitionMb, fitted, error }) =>
        `${partitionMb} MB (${fitted ? 'fitted' : 'not seen'}): off by ${percent(error)} in the median`,
    ),
    colours.bold(`All runs that were not seen: off by ${figure(100 * unseenError)} % in the median`),
  ].join('\n');
}
