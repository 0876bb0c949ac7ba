import { StateFailure } from '../errors.js';
import { compilePath, lookUp, type PathScope } from '../expressions/jsonPath.js';
import { isJsonObject, type Json, type JsonObject } from '../json.js';
import { choiceOperators } from './choiceOperators.js';

/** Whether the test of a JSONPath Choice rule holds. @throws StateFailure States.Runtime for a path that leads nowhere. */
export function choiceRuleApplies(test: JsonObject, scope: PathScope): boolean {
  const rules = (value: Json | undefined) => (Array.isArray(value) ? value : [value]).filter(isJsonObject);
  if (test.And !== undefined) return rules(test.And).every((rule) => choiceRuleApplies(rule, scope));
  if (test.Or !== undefined) return rules(test.Or).some((rule) => choiceRuleApplies(rule, scope));
  if (test.Not !== undefined) return !rules(test.Not).some((rule) => choiceRuleApplies(rule, scope));
  return comparisonHolds(test, scope);
}

function comparisonHolds({ Variable: variable, Comment: _comment, ...rest }: JsonObject, scope: PathScope): boolean {
  const [name = '', operand = null] = Object.entries(rest)[0] ?? [];
  const value = lookUp(compilePath(String(variable)), scope);
  if (name === 'IsPresent') return (value !== undefined) === operand;
  const direct = choiceOperators.get(name);
  if (direct) return direct.test(found(value, String(variable)), operand);
  const operandPath = String(operand);
  const other = found(lookUp(compilePath(operandPath), scope), operandPath);
  return choiceOperators.get(name.slice(0, -4))!.test(found(value, String(variable)), other);
}

function found(value: Json | undefined, path: string): Json {
  if (value !== undefined) return value;
  throw new StateFailure(
    'States.Runtime',
    `Invalid path '${path}': The choice state's condition path references an invalid value.`,
  );
}
