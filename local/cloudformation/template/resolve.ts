import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { CloudFormationError } from '../errors.js';
import { attributePath, intrinsicOf, partsOfSub, substitutionPattern } from './references.js';
import type { Template, TemplateValue } from './template.js';

/** What names in a template stand for. */
export interface Scope {
  readonly template: Template;
  /** Values of parameters and pseudo parameters such as `AWS::Region`; a list for `CommaDelimitedList`. */
  readonly parameters: ReadonlyMap<string, string | readonly string[]>;
  /** Of resources that are there already: what `Ref` and `Fn::GetAtt` give. */
  readonly resources: ReadonlyMap<string, { readonly physicalId: string; readonly attributes: Record<string, string> }>;
}

/** Stands for a property that is not there: `{ Ref: 'AWS::NoValue' }`. */
const noValue = Symbol('AWS::NoValue');
type Resolved = TemplateValue | typeof noValue;

/**
 * A value of a template with its intrinsic functions resolved.
 *
 * @throws CloudFormationError ValidationError for a name that stands for nothing, and for a function that is not known here.
 * Source of the functions: AWS CloudFormation User Guide, "Intrinsic function reference".
 */
export function resolveValue(value: TemplateValue, scope: Scope): TemplateValue | undefined {
  const resolved = resolve(value, scope);
  return resolved === noValue ? undefined : resolved;
}

/** Whether a condition of the template holds. @throws CloudFormationError */
export function conditionHolds(name: string, scope: Scope): boolean {
  const condition = scope.template.Conditions[name];
  if (condition === undefined) throw invalid(`Template has no condition ${name}`);
  return truth(condition, scope);
}

function resolve(value: TemplateValue, scope: Scope): Resolved {
  if (typeof value === 'string' && value.includes('{{resolve:'))
    throw invalid(`the dynamic reference ${value} is not known here`);
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((item) => resolve(item, scope)).filter((item) => item !== noValue);
  const intrinsic = intrinsicOf(value);
  if (intrinsic) return call(intrinsic.name, intrinsic.argument, scope);
  const entries = Object.entries(value).map(([name, child]) => [name, resolve(child, scope)] as const);
  return Object.fromEntries(entries.filter((entry): entry is [string, TemplateValue] => entry[1] !== noValue));
}

function call(name: string, argument: TemplateValue, scope: Scope): Resolved {
  switch (name) {
    case 'Ref':
      return reference(String(argument), scope);
    case 'Fn::GetAtt':
      return attribute(argument, scope);
    case 'Fn::Sub':
      return substitute(argument, scope);
    case 'Fn::Join': {
      const [separator, parts] = args(z.tuple([z.string(), z.json()]), name, argument);
      return args(z.array(z.coerce.string()), name, resolve(parts, scope)).join(separator);
    }
    case 'Fn::Split': {
      const [separator, text] = args(z.tuple([z.string(), z.json()]), name, argument);
      return args(z.string(), name, resolve(text, scope)).split(separator);
    }
    case 'Fn::Select': {
      const [index, list] = args(z.tuple([z.coerce.number<string | number>().int(), z.json()]), name, argument);
      const item = args(z.array(z.json()), name, resolve(list, scope))[index];
      if (item === undefined) throw invalid(`Fn::Select cannot select nonexistent value at index ${index}`);
      return item;
    }
    case 'Fn::Base64':
      return Buffer.from(args(z.string(), name, resolve(argument, scope))).toString('base64');
    case 'Fn::FindInMap': {
      const keys = args(z.array(z.string()), name, resolve(argument, scope));
      const [map = '', first = '', second = ''] = keys;
      const found = scope.template.Mappings[map]?.[first]?.[second];
      if (found === undefined) throw invalid(`Unable to get mapping for ${keys.join('::')}`);
      return found;
    }
    case 'Fn::GetAZs': {
      const region = args(z.string(), name, resolve(argument, scope)) || String(scope.parameters.get('AWS::Region'));
      return ['a', 'b', 'c'].map((zone) => `${region}${zone}`);
    }
    case 'Fn::If': {
      const [condition, yes, no] = args(z.tuple([z.string(), z.json(), z.json()]), name, argument);
      return resolve(conditionHolds(condition, scope) ? yes : no, scope);
    }
    default:
      throw invalid(`the intrinsic function ${name} is not known here`);
  }
}

function truth(value: TemplateValue, scope: Scope): boolean {
  const { name, argument = null } = intrinsicOf(value) ?? {};
  const operands = Array.isArray(argument) ? argument : [];
  switch (name) {
    case 'Condition':
      return conditionHolds(String(argument), scope);
    case 'Fn::Equals':
      return isDeepStrictEqual(resolve(operands[0] ?? null, scope), resolve(operands[1] ?? null, scope));
    case 'Fn::Not':
      return !truth(operands[0] ?? null, scope);
    case 'Fn::And':
      return operands.every((operand) => truth(operand, scope));
    case 'Fn::Or':
      return operands.some((operand) => truth(operand, scope));
    default:
      throw invalid(`${JSON.stringify(value)} is no condition`);
  }
}

function reference(name: string, { parameters, resources }: Scope): Resolved {
  if (name === 'AWS::NoValue') return noValue;
  const parameter = parameters.get(name);
  if (parameter !== undefined) return typeof parameter === 'string' ? parameter : [...parameter];
  const resource = resources.get(name);
  if (resource) return resource.physicalId;
  throw invalid(`Unresolved resource dependencies [${name}]`);
}

function attribute(argument: TemplateValue, scope: Scope): Resolved {
  const [name, wanted] = attributePath(argument) ?? [];
  const resource = scope.resources.get(name ?? '');
  if (!resource) throw invalid(`Unresolved resource dependencies [${name}]`);
  const value = resource.attributes[wanted ?? ''];
  if (value === undefined) throw invalid(`Requested attribute ${wanted} does not exist in schema of ${name}`);
  return value;
}

function substitute(argument: TemplateValue, scope: Scope): string {
  const parts = partsOfSub(argument);
  if (!parts) throw invalid('Fn::Sub expects a text, or a list of a text and an object of variables');
  const { text, variables } = parts;
  const substituted = text.replace(substitutionPattern, (_, name: string) => {
    const variable = variables[name];
    const value =
      variable !== undefined
        ? resolve(variable, scope)
        : name.includes('.')
          ? attribute(name, scope)
          : reference(name, scope);
    return args(z.coerce.string(), 'Fn::Sub', value);
  });
  return substituted.replaceAll('${!', '${');
}

function args<Schema extends z.ZodType>(schema: Schema, name: string, argument: Resolved): z.output<Schema> {
  const parsed = schema.safeParse(argument);
  if (parsed.success) return parsed.data;
  throw invalid(`${name} cannot take ${JSON.stringify(argument)}`);
}

function invalid(message: string): CloudFormationError {
  return new CloudFormationError('ValidationError', `Template error: ${message}`);
}
