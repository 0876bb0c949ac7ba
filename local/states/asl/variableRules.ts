import { isJsonObject, type Json, type JsonObject } from '../json.js';
import type { RawFlow } from './rawFlow.js';
import type { Note } from './rules.js';

/**
 * Scopes of variables: a branch of Parallel and an iteration of Map read the variables around them but cannot assign
 * them, so a name assigned outside may not be assigned inside. A distributed map's children see nothing from outside.
 */
export function checkVariables(flow: RawFlow, note: Note, outer: ReadonlySet<string> = new Set()): void {
  const own = new Set(outer);
  for (const { state, path } of flow.states) {
    for (const { names, at } of assignments(state)) {
      for (const name of names) {
        if (outer.has(name)) {
          const message = `the variable '${name}' belongs to an outer scope; Map and Parallel cannot assign it from inside`;
          note('SCHEMA_VALIDATION_FAILED', [...path, ...at, name], message);
        }
        own.add(name);
      }
    }
  }
  for (const { flows } of flow.states) {
    for (const inner of flows) checkVariables(inner, note, inner.isDistributed ? new Set() : own);
  }
}

function assignments(state: JsonObject): { names: string[]; at: PropertyKey[] }[] {
  const lists = (['Catch', 'Choices'] as const).flatMap((field) => {
    const list = state[field];
    return (Array.isArray(list) ? list : []).map((entry, index) => ({
      value: isJsonObject(entry) ? entry.Assign : undefined,
      at: [field, index, 'Assign'],
    }));
  });
  const all: { value: Json | undefined; at: PropertyKey[] }[] = [{ value: state.Assign, at: ['Assign'] }, ...lists];
  return all.map(({ value, at }) => ({
    names: Object.keys(isJsonObject(value) ? value : {}).map((key) => key.replace(/\.\$$/, '')),
    at,
  }));
}
