import { BoundedCache } from '../boundedCache.js';
import { ExpressionSyntaxError, StateFailure } from '../errors.js';
import { isJsonObject, type Json } from '../json.js';
import { type IntrinsicArgument, type IntrinsicCall, parseIntrinsic } from './intrinsic.js';
import { type IntrinsicSources, intrinsicFunctions } from './intrinsicFunctions.js';
import { compilePath, type PathScope, resolvePath } from './jsonPath.js';

/** Everything that a payload template of a JSONPath state can reach. */
export interface TemplateScope extends PathScope, IntrinsicSources {}

const parsedCalls = new BoundedCache<IntrinsicCall>(5_000);

/**
 * Evaluates a payload template: each field whose name ends in `.$` holds a path or an intrinsic call, and is replaced by
 * a field without the suffix that holds the value.
 *
 * @throws StateFailure States.ParameterPathFailure, States.IntrinsicFailure
 */
export function evaluateTemplate(template: Json, scope: TemplateScope): Json {
  if (Array.isArray(template)) return template.map((item) => evaluateTemplate(item, scope));
  if (!isJsonObject(template)) return template;
  return Object.fromEntries(
    Object.entries(template).map(([key, value]) =>
      key.endsWith('.$') && typeof value === 'string'
        ? [key.slice(0, -2), evaluatePathOrIntrinsic(value, scope)]
        : [key, evaluateTemplate(value, scope)],
    ),
  );
}

/** Evaluates a path or a call of an intrinsic function. */
export function evaluatePathOrIntrinsic(text: string, scope: TemplateScope): Json {
  if (text.startsWith('$')) return resolvePath(compilePath(text), scope);
  return evaluateCall(parsedCalls.get(text, parseIntrinsic), scope);
}

/** @throws ExpressionSyntaxError unless the text is a path or a call of an intrinsic function. */
export function checkPathOrIntrinsic(text: string): void {
  if (text.startsWith('$')) compilePath(text);
  else if (text.startsWith('States.')) parseIntrinsic(text);
  else
    throw new ExpressionSyntaxError(`'${text}' must be a JSONPath ($...) or an intrinsic function (States.Name(...))`);
}

function evaluateCall(call: IntrinsicCall, scope: TemplateScope): Json {
  const args = call.arguments.map((argument, index) => {
    const isTemplate = call.name === 'States.Format' && index === 0;
    return isTemplate && argument.kind === 'string' ? argument.text : evaluateArgument(argument, scope);
  });
  try {
    return intrinsicFunctions[call.name]!.apply(args, scope);
  } catch (error) {
    if (!(error instanceof StateFailure)) throw error;
    throw new StateFailure(error.errorName, `${call.name}: ${error.causeText}`, error);
  }
}

function evaluateArgument(argument: IntrinsicArgument, scope: TemplateScope): Json {
  if (argument.kind === 'path') return resolvePath(argument.path, scope);
  return argument.kind === 'call' ? evaluateCall(argument.call, scope) : argument.value;
}
