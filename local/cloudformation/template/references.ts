import { z } from 'zod';
import type { TemplateValue } from './template.js';

/** Variables in the text of `Fn::Sub`: `${Name}`, `${Name.Attribute}`; `${!Literal}` is none. */
export const substitutionPattern = /\$\{([^!}][^}]*)\}/g;

const subSchema = z.union([z.string(), z.tuple([z.string(), z.record(z.string(), z.json())])]);

/** The text and the variables of a `Fn::Sub`, or undefined when it is malformed. */
export function partsOfSub(
  value: TemplateValue,
): { text: string; variables: Record<string, TemplateValue> } | undefined {
  const parsed = subSchema.safeParse(value);
  if (!parsed.success) return undefined;
  return typeof parsed.data === 'string'
    ? { text: parsed.data, variables: {} }
    : { text: parsed.data[0], variables: parsed.data[1] };
}

/** The one intrinsic function that an object stands for, such as `{ Ref: 'Bucket' }`. */
export function intrinsicOf(value: TemplateValue): { name: string; argument: TemplateValue } | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const [[name, argument] = ['', null], ...others] = Object.entries(value);
  const isIntrinsic = others.length === 0 && (name === 'Ref' || name === 'Condition' || name.startsWith('Fn::'));
  return isIntrinsic ? { name, argument } : undefined;
}

/** Logical names that a value refers to by `Ref`, `Fn::GetAtt` and `Fn::Sub`, pseudo parameters included. */
export function referencesOf(value: TemplateValue): Set<string> {
  const found = new Set<string>();
  collect(value, found);
  return found;
}

function collect(value: TemplateValue, found: Set<string>): void {
  if (typeof value !== 'object' || value === null) return;
  const intrinsic = intrinsicOf(value);
  if (intrinsic?.name === 'Ref' && typeof intrinsic.argument === 'string') found.add(intrinsic.argument);
  else if (intrinsic?.name === 'Fn::GetAtt') found.add(String(attributePath(intrinsic.argument)?.[0]));
  else if (intrinsic?.name === 'Fn::Sub') {
    const { text, variables } = partsOfSub(intrinsic.argument) ?? { text: '', variables: {} };
    for (const [, name = ''] of text.matchAll(substitutionPattern))
      if (!(name in variables)) found.add(name.split('.')[0] ?? name);
    for (const variable of Object.values(variables)) collect(variable, found);
  } else for (const child of Object.values(value)) collect(child, found);
}

/** Resource and attribute of a `Fn::GetAtt`, in either of its forms. */
export function attributePath(argument: TemplateValue): readonly [resource: string, attribute: string] | undefined {
  const parts = typeof argument === 'string' ? argument.split('.') : argument;
  if (!Array.isArray(parts) || parts.length < 2) return undefined;
  const [resource, ...attribute] = parts.map(String);
  return [resource ?? '', attribute.join('.')];
}
