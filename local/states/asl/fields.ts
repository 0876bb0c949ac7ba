import { z } from 'zod';
import { messageOf } from '../../../run/errors.js';
import { checkJsonata, isJsonataExpression } from '../expressions/jsonata.js';
import { compilePath } from '../expressions/jsonPath.js';
import { checkPathOrIntrinsic } from '../expressions/payloadTemplate.js';
import { isJsonObject, type Json, type JsonObject, typeName } from '../json.js';
import type { NumberOrExpression } from './definition.js';

/*
 * Schemas of the fields that states are made of. Each says in its message what the field wants.
 */

/** Reports a fault somewhere inside a field. */
export type Report = (path: (string | number)[], message: string) => void;

/** Runs a check that throws and reports what it threw. */
function attempt(check: () => void, path: (string | number)[], report: Report): void {
  try {
    check();
  } catch (error) {
    report(path, messageOf(error));
  }
}

const json = z.custom<Json>((value) => value !== undefined);
const jsonObject = z.custom<JsonObject>(isJsonObject, 'must be an object');

function reporting(ctx: z.core.$RefinementCtx): Report {
  return (path, message) => ctx.addIssue({ code: 'custom', path, message });
}

/** A string that holds text and nothing to evaluate. */
export const text = z.string();

/** A JSONPath: `$...` the input, `$$...` the context object, `$name...` a variable. */
export const path = z.string().superRefine((value, ctx) => attempt(() => compilePath(value), [], reporting(ctx)));

/** A path that selects one place. */
export const referencePath = z.string().superRefine((value, ctx) => {
  const report = reporting(ctx);
  attempt(
    () => {
      if (!compilePath(value).definite)
        report([], `'${value}' must be a reference path: without wildcards, slices or filters`);
    },
    [],
    report,
  );
});

/** A path into the input where a result is put. */
export const resultPath = z.string().superRefine((value, ctx) => {
  const report = reporting(ctx);
  attempt(
    () => {
      const { definite, root } = compilePath(value);
      if (!definite || root.kind !== 'input')
        report([], `'${value}' must be a reference path into the input, such as $.result`);
    },
    [],
    report,
  );
});

/** A path or an intrinsic function. */
export const pathOrIntrinsic = z
  .string()
  .superRefine((value, ctx) => attempt(() => checkPathOrIntrinsic(value), [], reporting(ctx)));

/** A payload template of JSONPath. */
export const payloadTemplate = json.superRefine((value, ctx) => checkTemplate(value, [], reporting(ctx)));

export const payloadTemplateObject = jsonObject.superRefine((value, ctx) => checkTemplate(value, [], reporting(ctx)));

function checkTemplate(value: Json, at: (string | number)[], report: Report): void {
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) checkTemplate(item, [...at, index], report);
    return;
  }
  if (!isJsonObject(value)) return;
  for (const [key, item] of Object.entries(value)) {
    if (!key.endsWith('.$')) checkTemplate(item, [...at, key], report);
    else if (typeof item !== 'string')
      report([...at, key], `must be a path or an intrinsic function, not ${typeName(item)}`);
    else attempt(() => checkPathOrIntrinsic(item), [...at, key], report);
    const plain = key.slice(0, -2);
    if (key.endsWith('.$') && Object.hasOwn(value, plain)) report([...at, key], `'${plain}' is given twice`);
  }
}

/** Any JSON, whose strings may be expressions. */
export const jsonataTemplate = json.superRefine((value, ctx) => checkExpressions(value, [], reporting(ctx)));

export const jsonataTemplateObject = jsonObject.superRefine((value, ctx) =>
  checkExpressions(value, [], reporting(ctx)),
);

/** An object of JSON whose strings may be expressions, or one expression for the whole. */
export const jsonataObjectOrExpression = jsonataTemplate.superRefine((value, ctx) => {
  if (isJsonObject(value) || (typeof value === 'string' && isJsonataExpression(value))) return;
  reporting(ctx)([], `must be an object or a JSONata expression '{% ... %}', not ${typeName(value)}`);
});

/** An array, or an expression for one. */
export const jsonataItems = jsonataTemplate.superRefine((value, ctx) => {
  if (Array.isArray(value) || (typeof value === 'string' && isJsonataExpression(value))) return;
  reporting(ctx)([], `must be an array or a JSONata expression '{% ... %}', not ${typeName(value)}`);
});

/** Text that may be an expression. */
export const jsonataText = z
  .string()
  .superRefine((value, ctx) => attempt(() => checkJsonata(value), [], reporting(ctx)));

/** A condition: an expression, or a plain boolean. */
export const jsonataCondition = z.union([z.boolean(), jsonataText]).superRefine((value, ctx) => {
  if (typeof value === 'string' && !isJsonataExpression(value)) {
    reporting(ctx)([], `must be a JSONata expression '{% ... %}' or a boolean`);
  }
});

function checkExpressions(value: Json, at: (string | number)[], report: Report): void {
  if (typeof value === 'string') attempt(() => checkJsonata(value), at, report);
  else if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) checkExpressions(item, [...at, index], report);
  } else if (isJsonObject(value)) {
    for (const [key, item] of Object.entries(value)) checkExpressions(item, [...at, key], report);
  }
}

const variableName = /^[\p{ID_Start}_][\p{ID_Continue}]{0,79}$/u;

function checkVariableNames(value: JsonObject, report: Report): void {
  for (const key of Object.keys(value)) {
    const name = key.endsWith('.$') ? key.slice(0, -2) : key;
    if (name === 'states') report([key], "the variable name 'states' is reserved");
    else if (!variableName.test(name))
      report([key], `'${name}' cannot name a variable: letters, digits and _ only, 80 at most`);
  }
}

export const jsonPathAssign = payloadTemplateObject.superRefine((value, ctx) =>
  checkVariableNames(value, reporting(ctx)),
);

export const jsonataAssign = jsonataTemplateObject.superRefine((value, ctx) =>
  checkVariableNames(value, reporting(ctx)),
);

/** What a number of a definition must be. */
export interface NumberRule {
  least: number;
  most: number;
  integer: boolean;
}

export const atLeast = (least: number): NumberRule => ({ least, most: 99_999_999, integer: true });

/** The complaint about a number, or undefined when it fits. */
export function numberFault(value: unknown, { least, most, integer }: NumberRule): string | undefined {
  const fits = typeof value === 'number' && value >= least && value <= most && (!integer || Number.isInteger(value));
  return fits ? undefined : `must be ${integer ? 'an integer' : 'a number'} from ${least} to ${most}`;
}

export function plainNumber(rule: NumberRule): z.ZodType<number> {
  return z.custom<number>((value) => numberFault(value, rule) === undefined, numberFault(undefined, rule));
}

/** A number, or an expression for one. */
export function numberOrExpression(rule: NumberRule): z.ZodType<NumberOrExpression> {
  return z
    .custom<NumberOrExpression>(
      (value) => typeof value === 'string' || numberFault(value, rule) === undefined,
      `${numberFault(undefined, rule)}, or a JSONata expression '{% ... %}'`,
    )
    .superRefine((value, ctx) => {
      const report = reporting(ctx);
      if (typeof value !== 'string') return;
      if (isJsonataExpression(value)) attempt(() => checkJsonata(value), [], report);
      else report([], `${numberFault(undefined, rule)}, or a JSONata expression '{% ... %}'`);
    });
}
