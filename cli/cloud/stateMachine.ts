import { readFile } from 'node:fs/promises';
import {
  CreateStateMachineCommand,
  type SFNClient,
  StateMachineAlreadyExists,
  UpdateStateMachineCommand,
} from '@aws-sdk/client-sfn';
import { CloudStartError } from '../errors.js';

/** The embedded cloud's state machine. */
export const localStateMachineName = 'muster-inference';

/**
 * Fills in the `${...}` of a definition, as CloudFormation does with `DefinitionSubstitutions`.
 *
 * @throws CloudStartError naming the placeholders that have no value.
 */
export function substitute(definition: string, values: Readonly<Record<string, string>>): string {
  const missing = new Set<string>();
  const filled = definition.replaceAll(/\$\{(\w+)\}/g, (placeholder, name: string) => {
    if (Object.hasOwn(values, name)) return values[name];
    missing.add(placeholder);
    return placeholder;
  });
  if (missing.size === 0) return filled;
  throw new CloudStartError(
    `The state machine needs ${[...missing].join(', ')}, which serverless.yml has no function for.`,
  );
}

/** The name under which the definition knows a function of serverless.yml: `initialize` -> `InitializeFunctionArn`. */
export const functionSubstitution = (key: string): string => `${key[0].toUpperCase()}${key.slice(1)}FunctionArn`;

/** What the stack substitutes: the partition, and each function of serverless.yml. */
export function functionSubstitutions(
  functions: readonly { readonly key: string; readonly name: string }[],
  region: string,
  accountId: string,
): Record<string, string> {
  const partition = 'aws';
  const arns = functions.map(({ key, name }): [string, string] => [
    functionSubstitution(key),
    `arn:${partition}:lambda:${region}:${accountId}:function:${name}`,
  ]);
  return { Partition: partition, ...Object.fromEntries(arns) };
}

/** Makes the state machine, or brings it up to date. */
export async function ensureStateMachine(
  sfn: SFNClient,
  definitionPath: string,
  substitutions: Readonly<Record<string, string>>,
  account: { readonly region: string; readonly accountId: string },
): Promise<string> {
  const definition = substitute(await readFile(definitionPath, 'utf8'), substitutions);
  const { region, accountId } = account;
  try {
    const created = await sfn.send(
      new CreateStateMachineCommand({
        name: localStateMachineName,
        definition,
        roleArn: `arn:aws:iam::${accountId}:role/muster-local`,
        type: 'STANDARD',
      }),
    );
    if (created.stateMachineArn === undefined) throw new CloudStartError('CreateStateMachine answered without an ARN.');
    return created.stateMachineArn;
  } catch (error) {
    if (!(error instanceof StateMachineAlreadyExists)) throw error;
    const stateMachineArn = `arn:aws:states:${region}:${accountId}:stateMachine:${localStateMachineName}`;
    await sfn.send(new UpdateStateMachineCommand({ stateMachineArn, definition }));
    return stateMachineArn;
  }
}
