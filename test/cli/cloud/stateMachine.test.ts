import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  CreateStateMachineCommand,
  SFNClient,
  StateMachineAlreadyExists,
  UpdateStateMachineCommand,
} from '@aws-sdk/client-sfn';
import { mockClient } from 'aws-sdk-client-mock';
import { describe, expect, it } from 'vitest';
import { ensureStateMachine, functionSubstitutions, substitute } from '../../../cli/cloud/stateMachine.js';
import { packageRoot } from '../../../cli/packageRoot.js';

const definitionPath = join(packageRoot, 'statemachine', 'inference.asl.json');
const functions = ['initialize', 'executor', 'aggregate', 'release', 'rendezvous'].map((key) => ({
  key,
  name: `muster-local-${key}`,
}));
const substitutions = functionSubstitutions(functions, 'us-east-1', '000000000000');
const account = { region: 'us-east-1', accountId: '000000000000' };

describe('state machine of the embedded cloud', () => {
  it('fills in every placeholder of the inference definition', async () => {
    const filled = substitute(await readFile(definitionPath, 'utf8'), substitutions);
    expect(filled).not.toContain('${');
    expect(JSON.parse(filled).States.Initialize.Arguments.FunctionName).toBe(
      'arn:aws:lambda:us-east-1:000000000000:function:muster-local-initialize',
    );
  });

  it('names the placeholders that have no value', () => {
    const placeholder = (name: string) => `$\{${name}}`;
    const definition = `"${placeholder('ExecutorFunctionArn')}" "${placeholder('Other')}"`;
    expect(() => substitute(definition, { ExecutorFunctionArn: 'x' })).toThrow(placeholder('Other'));
  });

  it('brings one that is there up to date', async () => {
    const sfn = mockClient(SFNClient);
    sfn.on(CreateStateMachineCommand).rejects(new StateMachineAlreadyExists({ message: 'there', $metadata: {} }));
    sfn.on(UpdateStateMachineCommand).resolves({});
    const arn = await ensureStateMachine(new SFNClient({}), definitionPath, substitutions, account);
    expect(arn).toBe('arn:aws:states:us-east-1:000000000000:stateMachine:muster-inference');
    const [call] = sfn.commandCalls(UpdateStateMachineCommand);
    expect(call.args[0].input).toMatchObject({ stateMachineArn: arn });
  });
});
