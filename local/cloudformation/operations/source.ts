import { z } from 'zod';
import { formList } from '../../query/queryService.js';
import { CloudFormationError } from '../errors.js';
import type { StackRecord, StackSource } from '../stacks/stackRecord.js';
import { parseTemplate } from '../template/template.js';
import type { Surroundings } from './surroundings.js';

const capabilitySchema = z.enum(['CAPABILITY_IAM', 'CAPABILITY_NAMED_IAM', 'CAPABILITY_AUTO_EXPAND']);

/** Parameters by which requests say what a stack is made of. */
export const sourceParameters = {
  TemplateBody: z.string().optional(),
  TemplateURL: z.string().optional(),
  UsePreviousTemplate: z.enum(['true', 'false']).optional(),
  Parameters: formList(
    z.strictObject({
      ParameterKey: z.string(),
      ParameterValue: z.string().optional(),
      UsePreviousValue: z.enum(['true', 'false']).optional(),
    }),
  ).default([]),
  Tags: formList(z.strictObject({ Key: z.string(), Value: z.string() })).default([]),
  Capabilities: formList(capabilitySchema).default([]),
};
type SourceRequest = z.output<z.ZodObject<typeof sourceParameters>>;

export const stackNameSchema = z
  .string()
  .regex(/^[a-zA-Z][-a-zA-Z0-9]{0,127}$/, 'must be letters, digits and hyphens, and begin with a letter');

/**
 * What a request makes a stack of.
 *
 * @param previous - the stack that is updated, for what the request leaves as it is
 * @throws CloudFormationError ValidationError, InsufficientCapabilitiesException
 */
export async function readSource(
  request: SourceRequest,
  surroundings: Surroundings,
  previous?: StackRecord,
): Promise<StackSource> {
  const template = await templateOf(request, surroundings, previous);
  const makesRoles = Object.values(parseTemplate(template).Resources).some(({ Type }) => Type.startsWith('AWS::IAM::'));
  if (makesRoles && !request.Capabilities.some((capability) => capability.endsWith('_IAM')))
    throw new CloudFormationError('InsufficientCapabilitiesException', 'Requires capabilities : [CAPABILITY_IAM]');
  return {
    template,
    parameters: Object.fromEntries(
      request.Parameters.map(({ ParameterKey, ParameterValue, UsePreviousValue }) => [
        ParameterKey,
        (UsePreviousValue === 'true' ? previous?.parameters[ParameterKey] : ParameterValue) ?? '',
      ]),
    ),
    tags: Object.fromEntries(request.Tags.map(({ Key, Value }) => [Key, Value])),
    capabilities: request.Capabilities,
  };
}

/** @throws CloudFormationError ValidationError unless exactly one template is named */
async function templateOf(
  {
    TemplateBody,
    TemplateURL,
    UsePreviousTemplate,
  }: Pick<SourceRequest, 'TemplateBody' | 'TemplateURL' | 'UsePreviousTemplate'>,
  { readTemplate }: Surroundings,
  previous: StackRecord | undefined,
): Promise<string> {
  const previousTemplate = UsePreviousTemplate === 'true' ? previous?.template : undefined;
  const given = [TemplateBody, TemplateURL, previousTemplate].filter((each) => each !== undefined);
  if (given.length !== 1)
    throw new CloudFormationError('ValidationError', 'Either Template URL or Template Body must be specified.');
  return TemplateURL === undefined ? (TemplateBody ?? previousTemplate ?? '') : readTemplate(TemplateURL);
}

/** Text of the template of a request that only looks at it. */
export const readOnlyTemplate = templateOf;
