import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { functionSubstitutions, substitute } from '../../cli/cloud/stateMachine.js';
import { readServerlessConfig } from '../../local/serverlessConfig.js';
import { checkDefinition } from '../../local/states/asl/parseDefinition.js';
import type { TaskResources } from '../../local/states/asl/taskResources.js';
import { maxRetries } from '../../run/payload.js';
import { validateWithBoth } from '../aslValidators.js';

const path = (name: string) => fileURLToPath(new URL(`../../${name}`, import.meta.url));
const lambdaOnly: TaskResources = {
  known: ['arn:aws:states:::lambda:invoke'],
  argumentsOf: (resource) =>
    resource === 'arn:aws:states:::lambda:invoke'
      ? { allowed: ['FunctionName', 'Payload', 'Qualifier'], required: ['FunctionName', 'Payload'] }
      : undefined,
};

const source = await readFile(path('statemachine/inference.asl.json'), 'utf8');
const functions = await readServerlessConfig(path('serverless.yml'));
const substitutions = functionSubstitutions(functions, 'us-east-1', '000000000000');
const definition = substitute(source, substitutions);
const { States: states } = JSON.parse(definition);

describe('inference.asl.json', () => {
  it('has placeholders for the partition and the functions of serverless.yml, and only for those', () => {
    const placeholders = [...source.matchAll(/\$\{([^}]*)\}/g)].map(([, name]) => name);
    expect([...new Set(placeholders)].sort()).toEqual(Object.keys(substitutions).sort());
  });

  it('is accepted by both validators and by the embedded cloud', async () => {
    expect(await validateWithBoth(JSON.parse(definition))).toEqual([]);
    expect(checkDefinition(definition, lambdaOnly).faults).toEqual([]);
  });

  it('waits out throttling for as long as a rank may have to wait for its turn', () => {
    const [throttled] = states.RunRanks.ItemProcessor.States.Execute.Retry;
    expect(throttled.ErrorEquals).toEqual(['Lambda.TooManyRequestsException']);
    // The mean wait of full jitter is half of it. A turn is at most one timeout of the executor, for each attempt of others.
    const meanWaitS = (throttled.MaxAttempts * throttled.MaxDelaySeconds) / 2;
    const executor = functions.find(({ key }) => key === 'executor');
    expect(meanWaitS).toBeGreaterThan((executor?.timeoutS ?? Number.NaN) * (maxRetries + 1));
  });

  it('gives every task longer than its function may take', () => {
    const timeoutOf = (key: string) => functions.find((each) => each.key === key)?.timeoutS;
    expect(states.Initialize.TimeoutSeconds).toBeGreaterThanOrEqual(timeoutOf('initialize') ?? Number.NaN);
    expect(states.StartRendezvous.TimeoutSeconds).toBeGreaterThan(timeoutOf('rendezvous') ?? Number.NaN);
    expect(states.RunRanks.ItemProcessor.States.Execute.TimeoutSeconds).toBeGreaterThan(
      timeoutOf('executor') ?? Number.NaN,
    );
    expect(states.Aggregate.TimeoutSeconds).toBeGreaterThanOrEqual(timeoutOf('aggregate') ?? Number.NaN);
    expect(states.Release.TimeoutSeconds).toBeGreaterThan(timeoutOf('release') ?? Number.NaN);
  });
});
