import { z } from 'zod';
import type { AwsClients } from '../../awsClients.js';
import type { EventBus } from '../../events/eventBus.js';
import { CloudFormationError } from '../errors.js';
import type { TemplateValue } from '../template/template.js';

/** Properties of a resource, intrinsic functions resolved. */
export type Properties = Record<string, TemplateValue>;

/** A resource that is there. */
export interface Provisioned {
  /** What `Ref` gives. */
  readonly physicalId: string;
  /** What `Fn::GetAtt` gives. */
  readonly attributes: Record<string, string>;
}

/** Where resources are made. */
export interface ProviderContext {
  readonly clients: AwsClients;
  readonly events: EventBus;
  readonly accountId: string;
  readonly region: string;
  readonly stackName: string;
  readonly logicalId: string;
}

/** What a resource type needs to be made, changed and removed. */
export interface ResourceProvider {
  /** Such as `AWS::S3::Bucket`. */
  readonly type: string;
  /** @throws CloudFormationError ValidationError listing every property that is wrong or not known here */
  check(properties: Properties): void;
  create(properties: Properties, context: ProviderContext): Promise<Provisioned>;
  /**
   * Changes a resource. Where it cannot be changed it makes another one: the old one, which has another physical id, is
   * removed afterwards.
   */
  update(
    current: Provisioned & { readonly properties: Properties },
    properties: Properties,
    context: ProviderContext,
  ): Promise<Provisioned>;
  delete(current: Provisioned & { readonly properties: Properties }, context: ProviderContext): Promise<void>;
}

/** Properties as a provider understands them. @throws CloudFormationError ValidationError */
export function readProperties<Schema extends z.ZodType>(
  type: string,
  schema: Schema,
  properties: Properties,
): z.output<Schema> {
  const parsed = schema.safeParse(properties);
  if (parsed.success) return parsed.data;
  throw new CloudFormationError(
    'ValidationError',
    `Properties validation failed for ${type}: ${parsed.error.issues
      .map(({ path, message }) => `#/${path.join('/')}: ${message}`)
      .join('; ')}`,
  );
}

export const tagsSchema = z
  .array(z.strictObject({ Key: z.string(), Value: z.string() }))
  .transform((tags) => Object.fromEntries(tags.map(({ Key, Value }) => [Key, Value])));

/** Text of a template that stands for a number or a truth, as CloudFormation converts them. */
export const integerSchema = z.union([z.int(), z.string().regex(/^\d+$/).transform(Number)]);
export const booleanSchema = z.union([z.boolean(), z.enum(['true', 'false']).transform((text) => text === 'true')]);

/** The name that CloudFormation makes up: `<stack>-<logical id>-<random>`, short enough for `maxLength`. */
export function generatedName({ stackName, logicalId }: ProviderContext, maxLength: number, random: string): string {
  const room = maxLength - random.length - 1;
  return `${`${stackName}-${logicalId}`.slice(0, room)}-${random}`;
}
