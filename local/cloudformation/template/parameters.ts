import { TemplateError } from '../errors.js';
import type { Template } from './template.js';

/** Values that a parameter of an SSM type names. @returns undefined when there is no such SSM parameter */
export type ReadSsmParameter = (name: string) => string | undefined;

/**
 * The values of a template's parameters.
 *
 * @param given - what the request says, by name
 * @throws TemplateError listing every parameter that is missing, unknown or not allowed
 */
export function parameterValues(
  { Parameters }: Template,
  given: ReadonlyMap<string, string>,
  readSsm: ReadSsmParameter,
): Map<string, string | readonly string[]> {
  const faults: string[] = [];
  const values = new Map<string, string | readonly string[]>();
  for (const name of given.keys())
    if (!(name in Parameters)) faults.push(`Parameters: [${name}] do not exist in the template`);
  for (const [name, declaration] of Object.entries(Parameters)) {
    const text = given.get(name) ?? declaration.Default;
    const fault = text === undefined ? 'must have a value' : faultOf(text, declaration);
    if (fault !== undefined || text === undefined) {
      faults.push(`Parameter ${name} ${fault}`);
      continue;
    }
    if (declaration.Type.startsWith('AWS::SSM::Parameter::Value<')) {
      const value = readSsm(text);
      if (value === undefined) faults.push(`Parameter ${name} names the SSM parameter ${text}, which does not exist`);
      else values.set(name, value);
    } else
      values.set(name, declaration.Type === 'CommaDelimitedList' ? text.split(',').map((part) => part.trim()) : text);
  }
  if (faults.length > 0) throw new TemplateError(faults);
  return values;
}

function faultOf(text: string, declaration: Template['Parameters'][string]): string | undefined {
  const { Type, AllowedValues, AllowedPattern, MinValue, MaxValue, MinLength, MaxLength } = declaration;
  const number = Number(text);
  if (Type === 'Number' && (text.trim() === '' || Number.isNaN(number))) return `must be a number, not ${text}`;
  if (AllowedValues && !AllowedValues.includes(text)) return `must be one of ${AllowedValues.join(', ')}, not ${text}`;
  if (AllowedPattern !== undefined && !new RegExp(`^(?:${AllowedPattern})$`).test(text))
    return `must match ${AllowedPattern}, which ${text} does not`;
  if (Type === 'Number' && (number < (MinValue ?? number) || number > (MaxValue ?? number)))
    return `must be from ${MinValue} to ${MaxValue}, not ${text}`;
  if (text.length < (MinLength ?? 0) || text.length > (MaxLength ?? text.length))
    return `must have ${MinLength ?? 0} to ${MaxLength ?? 'any number of'} characters`;
  return undefined;
}
