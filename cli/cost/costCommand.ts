import { billCsv } from '../../cost/billCsv.js';
import { type PriceTable, parseArchitecture } from '../../cost/prices.js';
import { billTable } from '../execution/resultTables.js';
import { type ExitCode, exitCodes } from '../exitCodes.js';
import type { Session } from '../session.js';
import { alternativesOf } from './alternatives.js';
import { alternativesText } from './alternativesText.js';
import type { Costed } from './costed.js';
import { type CostOptions, refuseContradictions } from './costOptions.js';
import { costOfLogFile, costOfLogGroup } from './logCost.js';
import { readPriceTable } from './readPriceTable.js';
import { costOfRun } from './runCost.js';

/** `muster cost`: what a run, a function or the invocations of a log cost. */
export async function showCost(session: Session, options: CostOptions): Promise<ExitCode> {
  refuseContradictions(options);
  const { terminal } = session;
  const pricesTable = await readPriceTable(options.prices);
  const { source, title, bill, invocations, notes } = await costOf(session, options, pricesTable);
  const architecture = parseArchitecture(bill.architecture);
  const alternatives = alternativesOf(options, invocations, { architecture, region: bill.region, pricesTable });
  if (options.csv) {
    terminal.raw(billCsv(bill));
  } else {
    terminal.say(title);
    terminal.say(billTable(bill, terminal.colours));
    const text = alternativesText(alternatives, terminal.colours);
    if (text !== '') terminal.say(`\n${text}`);
  }
  for (const note of notes) terminal.note(note);
  terminal.result({ ...source, bill, alternatives, notes });
  return exitCodes.success;
}

function costOf(session: Session, options: CostOptions, pricesTable: PriceTable): Promise<Costed> {
  const { logFile, since } = options;
  if (logFile !== undefined) return costOfLogFile(logFile, options, pricesTable);
  return since === undefined
    ? costOfRun(session, options, pricesTable)
    : costOfLogGroup(session, { ...options, since }, pricesTable);
}
