import type { MapState } from '../asl/definition.js';
import { handleErrors, type Outcome } from '../interpreter/handleErrors.js';
import type { StateVisit } from '../interpreter/stateVisit.js';
import { runDistributedMap } from './distributedMap.js';
import { runInlineMap } from './inlineMap.js';

/** Runs a flow for each item: inside this execution, or in child executions of their own. */
export function runMap(visit: StateVisit<MapState>): Promise<Outcome> {
  const isDistributed = visit.state.ItemProcessor.ProcessorConfig?.Mode === 'DISTRIBUTED';
  return handleErrors(visit, () => (isDistributed ? runDistributedMap(visit) : runInlineMap(visit)));
}
