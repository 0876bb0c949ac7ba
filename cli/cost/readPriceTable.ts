import { defaultPriceTable, type PriceTable, parsePriceTable } from '../../cost/prices.js';
import { readPayload } from '../readPayload.js';

/**
 * The table of `--prices`, else the one that comes with Muster.
 *
 * @throws UnreadableInputError, PriceTableError that lists every fault.
 */
export async function readPriceTable(path: string | undefined): Promise<PriceTable> {
  return path === undefined ? defaultPriceTable : parsePriceTable(await readPayload(path, process.stdin), path);
}
