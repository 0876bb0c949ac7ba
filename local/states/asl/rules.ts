import type { DefinitionFault } from '../errors.js';
import { isJsonataExpression } from '../expressions/jsonata.js';
import { isJsonObject, type Json, type JsonObject } from '../json.js';
import { checkErrorHandlers } from './errorHandlerRules.js';
import { checkFields } from './fieldRules.js';
import { jsonPointer } from './jsonPointer.js';
import { type RawFlow, rawFlowOf } from './rawFlow.js';
import type { TaskResources } from './taskResources.js';
import { checkTransitions } from './transitionRules.js';
import { checkVariables } from './variableRules.js';

/** Notes a fault at a place of the definition. */
export type Note = (code: DefinitionFault['code'], path: readonly PropertyKey[], message: string) => void;

/**
 * Rules that bind several fields or states together. They work on unchecked JSON and skip what has another shape, so
 * that one definition's faults of every kind are found at once.
 */
export function checkRules(machine: JsonObject, resources: TaskResources): DefinitionFault[] {
  const faults: DefinitionFault[] = [];
  const note: Note = (code, path, message) => faults.push({ code, location: jsonPointer(path), message });
  const root = rawFlowOf(machine, []);
  const names = new Map<string, string>();
  for (const flow of allFlows(root)) {
    checkTransitions(flow, note);
    for (const { name, state, path } of flow.states) {
      const elsewhere = names.get(name);
      if (elsewhere !== undefined)
        note('DUPLICATE_STATE_NAME', path, `the state name '${name}' is used twice, first at ${elsewhere}`);
      else names.set(name, jsonPointer(path));
      checkFields(state, path, note);
      checkErrorHandlers(state, path, note);
      checkTask(state, path, resources, note);
    }
  }
  checkVariables(root, note);
  return faults;
}

function* allFlows(flow: RawFlow): Generator<RawFlow> {
  yield flow;
  for (const { flows } of flow.states) for (const inner of flows) yield* allFlows(inner);
}

/** A task's resource must be one that can be called, with arguments that it takes. */
function checkTask(state: JsonObject, path: readonly PropertyKey[], resources: TaskResources, note: Note): void {
  if (state.Type !== 'Task' || typeof state.Resource !== 'string') return;
  const known = resources.argumentsOf(state.Resource);
  if (!known) {
    const message = `the resource '${state.Resource}' is not supported by the local cloud; supported: ${resources.known.join(', ')}`;
    note('SCHEMA_VALIDATION_FAILED', [...path, 'Resource'], message);
    return;
  }
  for (const field of ['Parameters', 'Arguments']) {
    if (state[field] !== undefined) checkArguments(state[field], [...path, field], known.allowed, known.required, note);
  }
  if (state.Parameters === undefined && state.Arguments === undefined && known.required.length > 0) {
    note('SCHEMA_VALIDATION_FAILED', path, `the resource needs ${known.required.join(', ')} in its arguments`);
  }
}

function checkArguments(
  value: Json,
  path: readonly PropertyKey[],
  allowed: readonly string[] | undefined,
  required: readonly string[],
  note: Note,
): void {
  if (allowed === undefined || (typeof value === 'string' && isJsonataExpression(value)) || !isJsonObject(value))
    return;
  const names = Object.keys(value).map((key) => (key.endsWith('.$') ? key.slice(0, -2) : key));
  for (const name of names.filter((one) => !allowed.includes(one))) {
    const message = `Field '${name}' is not an argument of this resource; it takes ${allowed.join(', ')}`;
    note('SCHEMA_VALIDATION_FAILED', [...path, name], message);
  }
  for (const name of required.filter((one) => !names.includes(one))) {
    note('SCHEMA_VALIDATION_FAILED', path, `the required argument '${name}' is missing`);
  }
}
