import type { ResourceProviders } from '../resources/providers.js';
import type { StackRecord, StackSource } from '../stacks/stackRecord.js';
import type { StackStore } from '../stacks/stackStore.js';
import { parameterValues, type ReadSsmParameter } from '../template/parameters.js';
import type { Scope } from '../template/resolve.js';
import { parseTemplate, type Template } from '../template/template.js';

/** What the operations of CloudFormation work with. */
export interface Surroundings {
  readonly accountId: string;
  readonly region: string;
  readonly stacks: StackStore;
  readonly providers: ResourceProviders;
  readonly readSsm: ReadSsmParameter;
  /** Text of the template that a URL of S3 names. @throws CloudFormationError ValidationError */
  readonly readTemplate: (url: string) => Promise<string>;
  /** Deployments under way; none of them rejects. */
  readonly running: Set<Promise<void>>;
}

/**
 * A template with everything that its names stand for but resources.
 *
 * @throws TemplateError
 */
export function scopeOf(
  surroundings: Surroundings,
  { name, id }: Pick<StackRecord, 'name' | 'id'>,
  source: StackSource,
): { template: Template; scope: Omit<Scope, 'resources'> } {
  const template = parseTemplate(source.template);
  const given = new Map(Object.entries(source.parameters));
  const parameters = new Map([
    ...parameterValues(template, given, surroundings.readSsm),
    ['AWS::AccountId', surroundings.accountId],
    ['AWS::Partition', 'aws'],
    ['AWS::Region', surroundings.region],
    ['AWS::StackId', id],
    ['AWS::StackName', name],
    ['AWS::URLSuffix', 'amazonaws.com'],
  ]);
  return { template, scope: { template, parameters } };
}
