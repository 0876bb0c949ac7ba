import { parseDocument } from 'yaml';
import { z } from 'zod';
import { TemplateError } from '../errors.js';

/** JSON as it stands in a template, intrinsic functions not yet resolved. */
export type TemplateValue = z.infer<ReturnType<typeof z.json>>;

const deletionPolicySchema = z.enum(['Delete', 'Retain', 'RetainExceptOnCreate']);
const oneOrMore = z.union([z.string().transform((name) => [name]), z.array(z.string())]);

const resourceSchema = z.strictObject({
  Type: z.string(),
  Properties: z.record(z.string(), z.json()).default({}),
  DependsOn: oneOrMore.default([]),
  Condition: z.string().optional(),
  DeletionPolicy: deletionPolicySchema.default('Delete'),
  UpdateReplacePolicy: deletionPolicySchema.default('Delete'),
  Metadata: z.json().optional(),
});

const parameterSchema = z.strictObject({
  Type: z
    .string()
    .regex(
      /^(String|Number|CommaDelimitedList|AWS::SSM::Parameter::Value<[A-Za-z0-9:]+>|AWS::EC2::[A-Za-z:]+Id)$/,
      'is no parameter type that is known here',
    ),
  Default: z.union([z.string(), z.number()]).transform(String).optional(),
  AllowedValues: z.array(z.union([z.string(), z.number()]).transform(String)).optional(),
  AllowedPattern: z.string().optional(),
  ConstraintDescription: z.string().optional(),
  Description: z.string().optional(),
  MinValue: z.coerce.number().optional(),
  MaxValue: z.coerce.number().optional(),
  MinLength: z.coerce.number().optional(),
  MaxLength: z.coerce.number().optional(),
  NoEcho: z.coerce.boolean().optional(),
});

const outputSchema = z.strictObject({
  Description: z.string().optional(),
  Value: z.json(),
  Condition: z.string().optional(),
  Export: z.strictObject({ Name: z.json() }).optional(),
});

const templateSchema = z.strictObject({
  AWSTemplateFormatVersion: z.literal('2010-09-09').optional(),
  Description: z.string().optional(),
  Metadata: z.json().optional(),
  Parameters: z.record(z.string(), parameterSchema).default({}),
  Mappings: z.record(z.string(), z.record(z.string(), z.record(z.string(), z.json()))).default({}),
  Conditions: z.record(z.string(), z.json()).default({}),
  Resources: z.record(z.string().regex(/^[A-Za-z0-9]+$/, 'must be alphanumeric'), resourceSchema),
  Outputs: z.record(z.string(), outputSchema).default({}),
});

export type Template = z.output<typeof templateSchema>;
export type TemplateResource = Template['Resources'][string];

/**
 * Reads a template in JSON, or in YAML that writes intrinsic functions in their long form.
 *
 * @throws TemplateError listing every fault of its form
 */
export function parseTemplate(text: string): Template {
  const document = parseDocument(text);
  // An unknown tag is only a warning to the parser; here it is a function that would be lost.
  const faults = [...document.errors, ...document.warnings];
  if (faults.length > 0)
    throw new TemplateError(faults.map(({ message }) => `${message} (short forms such as !Ref are not known here)`));
  const parsed = templateSchema.safeParse(document.toJS());
  if (parsed.success) return parsed.data;
  throw new TemplateError(
    parsed.error.issues.map(({ path, message }) => `${path.join('.') || 'document'}: ${message}`),
  );
}
