import { isJsonObject, type Json, type JsonObject } from '../json.js';
import type { RawFlow } from './rawFlow.js';
import type { Note } from './rules.js';

/** A flow starts at a state it has, goes only to states it has, reaches all of them, and can come to an end. */
export function checkTransitions(flow: RawFlow, note: Note): void {
  const byName = new Map(flow.states.map((entry) => [entry.name, entry]));
  if (byName.size === 0) return;
  const missing = (target: Json | undefined, path: readonly PropertyKey[]): void => {
    if (typeof target === 'string' && !byName.has(target)) {
      note('MISSING_TRANSITION_TARGET', path, `Missing 'Next' target: ${target}`);
    }
  };
  missing(flow.startAt, [...flow.path, 'StartAt']);
  for (const { state, path } of flow.states) {
    for (const [target, at] of targetsOf(state)) missing(target, [...path, ...at]);
  }
  const reached = reachable(flow);
  for (const { name, path } of flow.states) {
    if (!reached.has(name)) note('MISSING_TRANSITION_TARGET', path, `State "${name}" is not reachable`);
  }
  const ends = flow.states.some(({ state }) => state.End === true || state.Type === 'Succeed' || state.Type === 'Fail');
  if (!ends)
    note('MISSING_TRANSITION_TARGET', [...flow.path, 'States'], 'no state ends this flow (End, Succeed or Fail)');
}

function reachable(flow: RawFlow): Set<string> {
  const byName = new Map(flow.states.map((entry) => [entry.name, entry.state]));
  const reached = new Set<string>();
  const waiting = typeof flow.startAt === 'string' ? [flow.startAt] : [];
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    const state = byName.get(name);
    if (!state || reached.has(name)) continue;
    reached.add(name);
    for (const [target] of targetsOf(state)) if (typeof target === 'string') waiting.push(target);
  }
  return reached;
}

function targetsOf(state: JsonObject): [Json | undefined, PropertyKey[]][] {
  const inside = (field: 'Catch' | 'Choices') => {
    const list = state[field];
    return (Array.isArray(list) ? list : []).map((entry, index): [Json | undefined, PropertyKey[]] => [
      isJsonObject(entry) ? entry.Next : undefined,
      [field, index, 'Next'],
    ]);
  };
  return [[state.Next, ['Next']], [state.Default, ['Default']], ...inside('Catch'), ...inside('Choices')];
}
