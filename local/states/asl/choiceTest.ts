import { messageOf } from '../../../run/errors.js';
import { compilePath } from '../expressions/jsonPath.js';
import { choiceOperators, type OperandType } from '../interpreter/choiceOperators.js';
import { parseTimestamp } from '../interpreter/timestamp.js';
import { isJsonObject, type Json, type JsonObject, typeName } from '../json.js';
import type { Report } from './fields.js';

/** Checks the test of a JSONPath Choice rule: one comparison of `Variable`, or one of `And`, `Or`, `Not`. */
export function checkChoiceTest(test: JsonObject, at: (string | number)[], report: Report): void {
  const { Variable: variable, Comment: _comment, ...rest } = test;
  const names = Object.keys(rest);
  const unknown = names.filter((name) => !isTest(name));
  for (const name of unknown) report([...at, name], `Field '${name}' is not supported in a Choice rule`);
  const known = names.filter(isTest);
  if (known.length !== 1) {
    report(
      at,
      `a Choice rule needs exactly one test (And, Or, Not or a comparison), found ${known.join(', ') || 'none'}`,
    );
  }
  for (const name of known) {
    if (name === 'And' || name === 'Or' || name === 'Not') checkBoolean(name, rest[name]!, [...at, name], report);
    else {
      if (typeof variable === 'string') checkPath(variable, [...at, 'Variable'], report);
      else report([...at, 'Variable'], 'a comparison needs a Variable, a path');
      checkOperand(name, rest[name]!, [...at, name], report);
    }
  }
}

function isTest(name: string): boolean {
  if (['And', 'Or', 'Not', 'IsPresent'].includes(name) || choiceOperators.has(name)) return true;
  return name.endsWith('Path') && choiceOperators.get(name.slice(0, -4))?.hasPathForm === true;
}

function checkBoolean(name: 'And' | 'Or' | 'Not', value: Json, at: (string | number)[], report: Report): void {
  if (name === 'Not') {
    if (isJsonObject(value)) checkChoiceTest(value, at, report);
    else report(at, `must be a rule, not ${typeName(value)}`);
    return;
  }
  if (!Array.isArray(value) || value.length === 0) {
    report(at, 'must be an array of one rule or more');
    return;
  }
  for (const [index, rule] of value.entries()) {
    if (isJsonObject(rule)) checkChoiceTest(rule, [...at, index], report);
    else report([...at, index], `must be a rule, not ${typeName(rule)}`);
  }
}

function checkOperand(name: string, value: Json, at: (string | number)[], report: Report): void {
  if (name.endsWith('Path') && !choiceOperators.has(name)) {
    if (typeof value === 'string') checkPath(value, at, report);
    else report(at, `must be a path, not ${typeName(value)}`);
    return;
  }
  const wanted: OperandType = name === 'IsPresent' ? 'boolean' : choiceOperators.get(name)!.operand;
  const fits = wanted === 'timestamp' ? parseTimestamp(value) !== undefined : typeof value === wanted;
  if (!fits) report(at, `must be a ${wanted}, got ${JSON.stringify(value)}`);
}

function checkPath(text: string, at: (string | number)[], report: Report): void {
  try {
    compilePath(text);
  } catch (error) {
    report(at, messageOf(error));
  }
}
