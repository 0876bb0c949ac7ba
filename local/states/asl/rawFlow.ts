import { isJsonObject, type Json, type JsonObject } from '../json.js';

/** A state of an unchecked definition and the flows inside it. */
export interface RawState {
  name: string;
  state: JsonObject;
  path: readonly PropertyKey[];
  flows: RawFlow[];
}

/** A flow of an unchecked definition. */
export interface RawFlow {
  startAt: Json | undefined;
  states: RawState[];
  path: readonly PropertyKey[];
  /** Whether its executions are of their own, so that it sees no variables from outside. */
  isDistributed: boolean;
}

/** Reads what looks like a flow; whatever does not is left to the schema. */
export function rawFlowOf(value: Json | undefined, path: readonly PropertyKey[]): RawFlow {
  const fields = isJsonObject(value) ? value : {};
  const config = isJsonObject(fields.ProcessorConfig) ? fields.ProcessorConfig : {};
  const states = Object.entries(isJsonObject(fields.States) ? fields.States : {}).flatMap(([name, state]) =>
    isJsonObject(state) ? [rawStateOf(name, state, [...path, 'States', name])] : [],
  );
  return { startAt: fields.StartAt, states, path, isDistributed: config.Mode === 'DISTRIBUTED' };
}

function rawStateOf(name: string, state: JsonObject, path: readonly PropertyKey[]): RawState {
  const flows: RawFlow[] = [];
  if (state.Type === 'Parallel' && Array.isArray(state.Branches)) {
    for (const [index, branch] of state.Branches.entries()) flows.push(rawFlowOf(branch, [...path, 'Branches', index]));
  }
  if (state.Type === 'Map') {
    for (const field of ['ItemProcessor', 'Iterator']) {
      if (state[field] !== undefined) flows.push(rawFlowOf(state[field], [...path, field]));
    }
  }
  return { name, state, path, flows };
}
