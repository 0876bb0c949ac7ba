import jsonata from 'jsonata';
import { BoundedCache } from '../boundedCache.js';
import { EvaluationFailure, ExpressionSyntaxError } from '../errors.js';
import { isJsonObject, type Json, type JsonObject, parseJson } from '../json.js';
import { boundedRegExpEngine } from './boundedRegExp.js';
import { jsonataFunctions, randomFunction } from './jsonataFunctions.js';

/** Everything that the expressions of one state can reach. */
export interface JsonataScope {
  /** `$states` */
  states: JsonObject;
  /** Variables by name, without the `$`. */
  variables: ReadonlyMap<string, Json>;
  /** Uniform in [0, 1). */
  random(): number;
}

/** Bounds of one evaluation: time in milliseconds, depth of calls, length of sequences, characters of the result's JSON. */
const bounds = { timeout: 5_000, stack: 500, sequence: 2_000_000, resultCharacters: 64 * 2 ** 20 } as const;

const expressionPattern = /^\{%(.*)%\}$/s;
const compiled = new BoundedCache<jsonata.Expression>(5_000);

/** Whether a string of a definition is an expression, `{% ... %}`. */
export function isJsonataExpression(value: string): boolean {
  return expressionPattern.test(value);
}

/** @throws ExpressionSyntaxError unless a string that looks like an expression is one. */
export function checkJsonata(value: string): void {
  if (isJsonataExpression(value)) compile(value);
  else if (value.startsWith('{%')) {
    throw new ExpressionSyntaxError(`'${value}' starts with {% but does not end with %}`);
  }
}

/**
 * Evaluates every expression in a template; everything else stands for itself.
 *
 * @throws EvaluationFailure States.QueryEvaluationError; its location is `location` with the way into the template.
 */
export async function evaluateJsonata(template: Json, location: string, scope: JsonataScope): Promise<Json> {
  if (typeof template === 'string') {
    return isJsonataExpression(template) ? evaluateExpression(template, location, scope) : template;
  }
  if (Array.isArray(template)) {
    const items: Json[] = [];
    for (const [index, item] of template.entries()) {
      items.push(await evaluateJsonata(item, `${location}[${index}]`, scope));
    }
    return items;
  }
  if (!isJsonObject(template)) return template;
  const fields: [string, Json][] = [];
  for (const [key, value] of Object.entries(template)) {
    fields.push([key, await evaluateJsonata(value, `${location}/${key}`, scope)]);
  }
  return Object.fromEntries(fields);
}

async function evaluateExpression(text: string, location: string, scope: JsonataScope): Promise<Json> {
  const bindings = Object.fromEntries<unknown>(scope.variables);
  bindings.states = scope.states;
  bindings.random = randomFunction(scope.random);
  let result: unknown;
  try {
    result = await compile(text).evaluate(undefined, bindings);
  } catch (error) {
    throw failure(text, location, `threw an error during evaluation. ${describe(error)}`, error);
  }
  if (result === undefined) throw failure(text, location, 'returned nothing (undefined).');
  return asJson(result, text, location);
}

/** A copy of a result as plain JSON: JSONata marks its arrays, and a result may hold functions. */
function asJson(result: unknown, text: string, location: string): Json {
  const json = JSON.stringify(result, (_key, value: unknown) => {
    const isLambda = typeof value === 'object' && value !== null && '_jsonata_lambda' in value;
    if (typeof value === 'function' || isLambda) throw failure(text, location, 'returned a function.');
    if (typeof value === 'number' && !Number.isFinite(value)) throw failure(text, location, `returned ${value}.`);
    return value;
  });
  if (json.length > bounds.resultCharacters)
    throw failure(text, location, `returned ${json.length} characters of JSON.`);
  return parseJson(json);
}

function failure(text: string, location: string, what: string, cause?: unknown): EvaluationFailure {
  const message = `The JSONata expression '${text.slice(2, -2).trim()}' specified for the field '${location}' ${what}`;
  return new EvaluationFailure('States.QueryEvaluationError', message, location, cause);
}

/** JSONata throws plain objects with a code and a message. */
function describe(error: unknown): string {
  const { code, message } = {
    code: undefined,
    message: String(error),
    ...(error as { code?: string; message?: string }),
  };
  const text = error instanceof Error ? error.message : message;
  return code === undefined ? text : `${code}: ${text}`;
}

function compile(text: string): jsonata.Expression {
  return compiled.get(text, (key) => {
    const source = expressionPattern.exec(key)?.[1] ?? key;
    try {
      const expression = jsonata(source, { ...bounds, RegexEngine: boundedRegExpEngine });
      for (const { name, signature, implementation } of jsonataFunctions) {
        expression.registerFunction(name, implementation, signature);
      }
      refuseEval(expression.ast(), source);
      return expression;
    } catch (error) {
      if (error instanceof ExpressionSyntaxError) throw error;
      throw new ExpressionSyntaxError(`the JSONata expression '${source.trim()}' is not valid: ${describe(error)}`);
    }
  });
}

/** `$eval` would run text that nobody checked; Step Functions refuses it by name. */
function refuseEval(node: unknown, source: string): void {
  if (typeof node !== 'object' || node === null) return;
  if ('type' in node && node.type === 'variable' && 'value' in node && node.value === 'eval') {
    throw new ExpressionSyntaxError(
      `the JSONata expression '${source.trim()}' calls $eval, which is not supported; use $parse`,
    );
  }
  for (const child of Object.values(node)) refuseEval(child, source);
}
