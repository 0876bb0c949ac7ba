import { DescribeStateMachineCommand, type SFNClient } from '@aws-sdk/client-sfn';
import { z } from 'zod';
import { StackDefinitionError } from '../errors.js';

const task = z.object({ Arguments: z.object({ FunctionName: z.string().min(1) }) });
const definitionSchema = z.object({
  States: z.object({
    Initialize: task,
    RunRanks: z.object({ ItemProcessor: z.object({ States: z.object({ Execute: task }) }) }),
    Aggregate: task,
    Release: task,
  }),
});

/** The functions of a stack, by their ARNs without a version. */
export interface StackFunctions {
  readonly initialize: string;
  readonly executor: string;
  readonly aggregate: string;
  readonly release: string;
}

/**
 * The functions that a state machine calls. Its definition is the one place that says so of every stack, whoever deployed
 * it and whatever its names are.
 *
 * @throws StackDefinitionError
 */
export function functionsIn(definition: string | undefined, stateMachineArn: string): StackFunctions {
  const parsed = definitionSchema.safeParse(JSON.parse(definition ?? '{}'));
  if (!parsed.success) throw new StackDefinitionError(stateMachineArn, z.prettifyError(parsed.error));
  const { Initialize, RunRanks, Aggregate, Release } = parsed.data.States;
  return {
    initialize: Initialize.Arguments.FunctionName,
    executor: RunRanks.ItemProcessor.States.Execute.Arguments.FunctionName,
    aggregate: Aggregate.Arguments.FunctionName,
    release: Release.Arguments.FunctionName,
  };
}

/** Every function that a definition calls, those of other states included; each once, in the definition's order. */
export function allFunctionsIn(definition: string): string[] {
  const found = new Set<string>();
  JSON.parse(definition, (key: string, value: unknown) => {
    if (key === 'FunctionName' && typeof value === 'string') found.add(value);
    return value;
  });
  return [...found];
}

/** @throws StackDefinitionError */
export async function stackFunctions(sfn: SFNClient, stateMachineArn: string): Promise<StackFunctions> {
  const { definition } = await sfn.send(new DescribeStateMachineCommand({ stateMachineArn }));
  return functionsIn(definition, stateMachineArn);
}

/** The name in a function's ARN; a name stays as it is. */
export function functionNameOf(arn: string): string {
  const parts = arn.split(':');
  return parts.length >= 7 ? parts[6] : arn;
}
