import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { type FunctionConfiguration, GetFunctionConfigurationCommand, type LambdaClient } from '@aws-sdk/client-lambda';
import { HeadBucketCommand, type S3Client } from '@aws-sdk/client-s3';
import { DescribeStateMachineCommand, type SFNClient } from '@aws-sdk/client-sfn';
import { executorConcurrency } from '../../job/concurrency.js';
import { allFunctionsIn, functionNameOf, functionsIn, type StackFunctions } from '../cloud/stackFunctions.js';
import { type DescribedStack, describeStack, isUsable, stackNameOf } from '../cloud/stackOutputs.js';
import { count } from '../terminal/quantities.js';
import { type Check, failed, look, ok, warning } from './check.js';
import { definitionDifferences } from './definitionDifferences.js';

export interface StackClients {
  readonly cloudFormation: CloudFormationClient;
  readonly lambda: LambdaClient;
  readonly sfn: SFNClient;
  readonly s3: S3Client;
}

export interface StackPlace {
  readonly stage: string;
  readonly region: string;
  readonly packageRoot: string;
}

/** The stack of a stage and what is in it, as far as there is one. */
export async function stackChecks(
  clients: StackClients,
  place: StackPlace,
): Promise<{ readonly checks: Check[]; readonly stack: DescribedStack | undefined }> {
  const deploy = `Deploy it with "npx serverless deploy --stage ${place.stage} --region ${place.region}".`;
  let stack: DescribedStack | undefined;
  const first = await look('stack', 'Allow yourself cloudformation:DescribeStacks.', async () => {
    stack = await describeStack(clients.cloudFormation, stackNameOf(place.stage));
    return judgeStack(stack, place, deploy);
  });
  if (!stack || first.status === 'failed') return { checks: [first], stack: undefined };
  const { outputs } = stack;
  const [machine, bucket] = await Promise.all([
    checkMachine(clients, outputs.StateMachineArn, place.packageRoot, deploy),
    look('bucket', 'Check the bucket and your permission s3:ListBucket on it.', () =>
      checkBucket(clients.s3, outputs.BucketName),
    ),
  ]);
  return { checks: [first, ...machine, bucket], stack };
}

export function judgeStack(stack: DescribedStack | undefined, { stage, region }: StackPlace, deploy: string): Check {
  const name = stackNameOf(stage);
  if (!stack) return failed('stack', `There is no stack ${name} in ${region}.`, deploy);
  const found = `${name} in ${region} is ${stack.status}${stack.statusReason ? ` (${stack.statusReason})` : ''}`;
  if (!isUsable(stack.status)) {
    const remedy = `Look at its events in the console; then "npx serverless remove --stage ${stage}" and deploy it again.`;
    return failed('stack', `${found}.`, stack.status.endsWith('_IN_PROGRESS') ? 'Wait until that has ended.' : remedy);
  }
  if (stack.status.includes('ROLLBACK')) return warning('stack', `${found}: the last deployment was undone.`, deploy);
  if (stack.status.endsWith('_IN_PROGRESS')) return warning('stack', `${found}.`, 'Wait until that has ended.');
  return ok('stack', found);
}

async function checkMachine(
  { sfn, lambda }: StackClients,
  stateMachineArn: string | undefined,
  packageRoot: string,
  deploy: string,
): Promise<Check[]> {
  let functions: StackFunctions | undefined;
  let all: string[] = [];
  const machine = await look('state-machine', deploy, async () => {
    if (stateMachineArn === undefined) return failed('state-machine', 'The stack names no state machine.', deploy);
    const { definition = '{}', status } = await sfn.send(new DescribeStateMachineCommand({ stateMachineArn }));
    functions = functionsIn(definition, stateMachineArn);
    all = allFunctionsIn(definition);
    const ours = await readFile(join(packageRoot, 'statemachine', 'inference.asl.json'), 'utf8');
    return judgeMachine(status, definitionDifferences(JSON.parse(ours), JSON.parse(definition)), deploy);
  });
  if (!functions) return [machine];
  const names = all.map(functionNameOf);
  const executor = functionNameOf(functions.executor);
  return [
    machine,
    ...(await Promise.all(names.map((name) => look('function', deploy, () => checkFunction(lambda, name, deploy))))),
    await look('executor-concurrency', 'Allow yourself lambda:GetFunctionConcurrency.', () =>
      checkReserved(lambda, executor),
    ),
  ];
}

function judgeMachine(status: string | undefined, differences: readonly string[], deploy: string): Check {
  const name = 'state-machine';
  if (status !== undefined && status !== 'ACTIVE') return failed(name, `The state machine is ${status}.`, deploy);
  if (differences.length === 0) return ok(name, 'the definition is that of this version');
  const some = differences.slice(0, 3).join(', ');
  const more = differences.length > 3 ? `, and ${differences.length - 3} more` : '';
  return warning(name, `The definition is of another version than this command: it differs at ${some}${more}.`, deploy);
}

async function checkFunction(lambda: LambdaClient, name: string, deploy: string): Promise<Check> {
  return judgeFunction(name, await lambda.send(new GetFunctionConfigurationCommand({ FunctionName: name })), deploy);
}

export function judgeFunction(name: string, configuration: FunctionConfiguration, deploy: string): Check {
  const {
    State,
    LastUpdateStatus,
    LastUpdateStatusReason,
    StateReason,
    MemorySize = 0,
    Runtime,
    Environment,
  } = configuration;
  const found = `${name}: ${State ?? 'of unknown state'}, ${count(MemorySize)} MB, ${Runtime ?? 'no runtime'}`;
  if (State === 'Failed' || LastUpdateStatus === 'Failed') {
    return failed('function', `${found}: ${LastUpdateStatusReason ?? StateReason ?? 'it failed'}.`, deploy);
  }
  if (State !== 'Active' && State !== 'Inactive') return warning('function', `${found}.`, 'Wait until it is Active.');
  const deployed = Environment?.Variables?.MUSTER_EXECUTOR_MEMORY_MB;
  if (name.endsWith('-executor') && deployed !== undefined && Number(deployed) !== MemorySize) {
    return warning(
      'function',
      `${found}: it was deployed with ${deployed} MB.`,
      `A "muster memory ensure" is under way or was killed; "muster memory ensure ${deployed} --aws" sets it back.`,
    );
  }
  return ok('function', found);
}

async function checkReserved(lambda: LambdaClient, executor: string): Promise<Check> {
  const asked = await executorConcurrency(lambda, executor);
  if ('fault' in asked) return failed('executor-concurrency', `${asked.fault}.`, 'A run is refused for it, too.');
  const { free, limit } = asked;
  if (free < 1) return failed('executor-concurrency', `No executor can run: ${limit} is 0.`, 'Raise it.');
  return ok('executor-concurrency', `${count(free)} executors at a time, by ${limit}`);
}

async function checkBucket(s3: S3Client, bucket: string | undefined): Promise<Check> {
  if (bucket === undefined) return failed('bucket', 'The stack names no bucket.', 'Deploy it anew from this version.');
  await s3.send(new HeadBucketCommand({ Bucket: bucket }));
  return ok('bucket', `s3://${bucket} can be reached`);
}
