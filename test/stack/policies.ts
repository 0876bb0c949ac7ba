import { z } from 'zod';
import type { Template } from './packagedService.js';

const listSchema = z.unknown().transform((value) => (Array.isArray(value) ? value : [value]));
const statementSchema = z.looseObject({
  Sid: z.string(),
  Effect: z.enum(['Allow', 'Deny']),
  Action: listSchema.optional(),
  Resource: listSchema.optional(),
});
/** A statement that depends on a condition of the stack. */
const conditionalSchema = z.object({ 'Fn::If': z.tuple([z.string(), statementSchema, z.unknown()]) });
const roleSchema = z.object({
  Policies: z.array(
    z.object({
      PolicyDocument: z.object({
        Statement: z.array(
          z.union([statementSchema, conditionalSchema.transform(({ 'Fn::If': [, statement] }) => statement)]),
        ),
      }),
    }),
  ),
  ManagedPolicyArns: z.undefined('a managed policy allows what nobody here has read').optional(),
});

type Statement = z.output<typeof statementSchema>;

/** Why each wildcard that is allowed cannot be narrower, by role and statement. */
const explanations: Readonly<Record<string, string>> = {
  'InitializeRole/ReadObjects': 'objects of the buckets of runs: what a run reads is said by its payload',
  'InitializeRole/WriteResults': 'objects of the bucket of results: where a run writes is said by its payload',
  'InitializeRole/ReadExecutorVersions':
    'versions and aliases of the one executor, made for memory sizes after the deployment',
  'InitializeRole/ReadAccountConcurrency': 'lambda:GetAccountSettings takes no resource',
  'ExecutorRole/ReadObjects': 'as of InitializeRole',
  'ExecutorRole/WriteResults': 'as of InitializeRole',
  'AggregateRole/ReadObjects': 'as of InitializeRole',
  'AggregateRole/WriteResults': 'as of InitializeRole',
  'AggregateRole/ReadQueryResults': 'logs:GetQueryResults takes no resource: queries have ids, not ARNs',
  'ReleaseRole/ReadObjects': 'as of InitializeRole',
  'ReleaseRole/WriteResults': 'as of InitializeRole',
  'RendezvousRole/ReadPlan': 'as of InitializeRole',
  'RendezvousRole/SeeHost': 'ec2:DescribeInstances takes no resource',
  'StateMachineRole/InvokeFunctions':
    'versions and aliases of the one executor, made for memory sizes after the deployment',
  'StateMachineRole/WatchRanks': 'executions of the one state machine, whose names are made when they start',
};

function statements(template: Template): [place: string, statement: Statement][] {
  return Object.entries(template.Resources)
    .filter(([, { Type }]) => Type === 'AWS::IAM::Role')
    .flatMap(([id, { Properties }]) =>
      roleSchema
        .parse(Properties)
        .Policies.flatMap(({ PolicyDocument }) => PolicyDocument.Statement)
        .map((statement): [string, Statement] => [`${id}/${statement.Sid}`, statement]),
    );
}

/** Statements that do not say exactly what they allow: without resources, or by exclusion. */
export function vagueStatements(template: Template): string[] {
  return statements(template)
    .filter(([, statement]) => {
      const { Action = [], Resource = [] } = statement;
      const named = Action.every((action) => typeof action === 'string' && /^[a-z0-9]+:[A-Za-z]+$/.test(action));
      return (
        !named || Action.length === 0 || Resource.length === 0 || 'NotAction' in statement || 'NotResource' in statement
      );
    })
    .map(([place]) => place);
}

function wildcards(template: Template): Map<string, string[]> {
  const found = statements(template).map(([place, { Resource = [] }]): [string, string[]] => [
    place,
    Resource.map((resource) => JSON.stringify(resource)).filter((text) => text.includes('*')),
  ]);
  return new Map(found.filter(([, texts]) => texts.length > 0));
}

/** Wildcards in resources that nobody has explained. */
export function unexplainedWildcards(template: Template): string[] {
  return [...wildcards(template)]
    .filter(([place]) => !Object.hasOwn(explanations, place))
    .map(([place, texts]) => `${place}: ${texts.join(', ')}`);
}

/** Explanations of what is not there (any more). */
export function unusedExplanations(template: Template): string[] {
  const found = wildcards(template);
  return Object.keys(explanations).filter((place) => !found.has(place));
}
