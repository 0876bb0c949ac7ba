import { StateFailure } from '../errors.js';
import { type Json, jsonBytes, maximumPayloadBytes } from '../json.js';

/** How items are put together; without limits each item goes alone. */
export interface BatchLimits {
  maxItems?: number;
  maxBytes?: number;
  /** Goes into each batch beside its items. */
  batchInput?: Json;
}

/** The input of one child execution, and how many items it holds. */
export interface Batch {
  input: Json;
  itemCount: number;
}

/**
 * Deals items, in order, into batches `{BatchInput?, Items}` that keep within both limits, and within what an input of
 * an execution may hold.
 *
 * @throws StateFailure States.DataLimitExceeded for an item that fits no batch
 */
export function batchItems(items: readonly Json[], { maxItems, maxBytes, batchInput }: BatchLimits): Batch[] {
  const wrap = (members: readonly Json[]): Json =>
    batchInput === undefined ? { Items: [...members] } : { BatchInput: batchInput, Items: [...members] };
  const mostItems = maxItems ?? Number.POSITIVE_INFINITY;
  const mostBytes = Math.min(maxBytes ?? maximumPayloadBytes, maximumPayloadBytes);
  const emptyBytes = jsonBytes(wrap([]));
  const batches: Batch[] = [];
  let members: Json[] = [];
  let bytes = emptyBytes;
  for (const item of items) {
    const added = jsonBytes(item) + 1;
    if (emptyBytes + added - 1 > mostBytes) {
      throw new StateFailure(
        'States.DataLimitExceeded',
        `An item of ${added - 1} bytes does not fit a batch of ${mostBytes} bytes.`,
      );
    }
    if (members.length > 0 && (members.length >= mostItems || bytes + added - 1 > mostBytes)) {
      batches.push({ input: wrap(members), itemCount: members.length });
      members = [];
      bytes = emptyBytes;
    }
    members.push(item);
    bytes += added;
  }
  if (members.length > 0) batches.push({ input: wrap(members), itemCount: members.length });
  return batches;
}
