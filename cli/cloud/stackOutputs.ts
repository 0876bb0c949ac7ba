import { type CloudFormationClient, DescribeStacksCommand, type Stack } from '@aws-sdk/client-cloudformation';
import { z } from 'zod';
import { StackNotFoundError, StackNotReadyError } from '../errors.js';

/** The name that `serverless deploy --stage <stage>` gives a stack. */
export const stackNameOf = (stage: string): string => `muster-${stage}`;

const outputsSchema = z.looseObject({
  StateMachineArn: z.string().min(1),
  BucketName: z.string().min(1).optional(),
});
/** What a stack says about itself; `stack/outputs.yml`. */
export type StackOutputs = z.infer<typeof outputsSchema>;

/** A stack as CloudFormation describes it. */
export interface DescribedStack {
  readonly name: string;
  readonly arn: string;
  readonly status: string;
  readonly statusReason: string | undefined;
  readonly outputs: Readonly<Record<string, string>>;
}

/** @returns undefined when there is no such stack. */
export async function describeStack(
  cloudFormation: CloudFormationClient,
  name: string,
  signal?: AbortSignal,
): Promise<DescribedStack | undefined> {
  let stack: Stack | undefined;
  try {
    const answer = await cloudFormation.send(new DescribeStacksCommand({ StackName: name }), { abortSignal: signal });
    stack = answer.Stacks?.[0];
  } catch (error) {
    // CloudFormation has no error of its own for this.
    if (error instanceof Error && error.name === 'ValidationError' && /does not exist/.test(error.message))
      return undefined;
    throw error;
  }
  if (!stack) return undefined;
  return {
    name,
    arn: stack.StackId ?? '',
    status: stack.StackStatus ?? 'UNKNOWN',
    statusReason: stack.StackStatusReason,
    outputs: Object.fromEntries(
      (stack.Outputs ?? []).map(({ OutputKey = '', OutputValue = '' }) => [OutputKey, OutputValue]),
    ),
  };
}

/** Whether a stack of this status has everything that a run needs: also while it is updated, or was after a failed update. */
export const isUsable = (status: string): boolean =>
  /^(CREATE_COMPLETE|IMPORT_COMPLETE|IMPORT_ROLLBACK_COMPLETE|UPDATE_(?!ROLLBACK_FAILED$|FAILED$)\w+)$/.test(status);

/**
 * The outputs of a stage's stack.
 *
 * @throws StackNotFoundError, StackNotReadyError
 */
export async function stackOutputs(
  cloudFormation: CloudFormationClient,
  stage: string,
  region: string,
  signal?: AbortSignal,
): Promise<StackOutputs> {
  const name = stackNameOf(stage);
  const stack = await describeStack(cloudFormation, name, signal);
  if (!stack) {
    throw new StackNotFoundError(`There is no stack "${name}" in ${region}.`, {
      remedy: `Every region has its own: check --region and --stage, or deploy it with "npx serverless deploy --stage ${stage} --region ${region}".`,
    });
  }
  if (!isUsable(stack.status)) throw notReady(stack, stage, region);
  const outputs = outputsSchema.safeParse(stack.outputs);
  if (outputs.success) return outputs.data;
  throw new StackNotReadyError(
    `The stack "${name}" in ${region} has not the outputs of Muster:\n${z.prettifyError(outputs.error)}\n`,
    {
      remedy: 'Deploy it anew from this version, or name the state machine with --state-machine ARN.',
    },
  );
}

function notReady({ name, status, statusReason }: DescribedStack, stage: string, region: string): StackNotReadyError {
  const reason = statusReason ? ` (${statusReason})` : '';
  const underWay = status.endsWith('_IN_PROGRESS');
  return new StackNotReadyError(`The stack "${name}" in ${region} is ${status}${reason}.`, {
    remedy: underWay
      ? 'Wait until that has ended.'
      : `Look at its events in the console; then "npx serverless remove --stage ${stage}" and deploy it again.`,
  });
}
