// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the variables of serverless.yml look like template strings
import { resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ServerlessConfigError } from '../../local/errors.js';
import {
  parseServerlessConfig,
  readServerlessConfig,
  type ServerlessConfigOptions,
} from '../../local/serverlessConfig.js';

const path = '/project/serverless.yml';

function parse(text: string, options: ServerlessConfigOptions = {}) {
  return parseServerlessConfig(text, { env: {}, ...options, path });
}

function faultsOf(text: string, options: ServerlessConfigOptions = {}): readonly string[] {
  try {
    parse(text, options);
  } catch (error) {
    if (error instanceof ServerlessConfigError) return error.faults;
    throw error;
  }
  throw new Error('the file was accepted');
}

/** A file with one function whose environment has one variable. */
function withVariable(value: string, rest = ''): string {
  return `
service: muster
provider: { name: aws, runtime: nodejs22.x, stage: "\${opt:stage, 'dev'}", region: eu-west-1 }
custom: { names: { dev: small, prod: large }, list: [1, 2], loop: "\${self:custom.loop}" }
params: { default: { size: 7 }, prod: { size: 9 } }
${rest}
functions:
  one:
    handler: index.handler
    package: { artifact: dist/one.zip }
    environment: { VALUE: ${value} }
`;
}

function variable(value: string, options: ServerlessConfigOptions = {}): string | undefined {
  return parse(withVariable(value), options)[0]?.environment.VALUE;
}

test('the serverless.yml of the project is served', async () => {
  const functions = await readServerlessConfig(resolve('serverless.yml'), { params: { executorMemoryMb: '3538' } });
  const executor = functions.find(({ key }) => key === 'executor');
  expect(executor).toMatchObject({
    name: 'muster-dev-executor',
    handler: 'index.handler',
    artifactFolder: resolve('dist/functions/executor'),
    memoryMb: 3538,
    timeoutS: 900,
    architecture: 'x86_64',
    logFormat: 'Text',
    environment: { MUSTER_EXECUTOR_MEMORY_MB: '3538' },
  });
  expect(functions.map(({ key }) => key)).toEqual(['initialize', 'executor', 'aggregate', 'release', 'rendezvous']);
});

test('a function takes its own settings before those of the provider, and those of the framework last', () => {
  const functions = parse(`
service: demo
provider:
  runtime: nodejs22.x
  memorySize: 512
  architecture: arm64
  logs: { lambda: { logFormat: JSON } }
  environment: { AA: provider, BB: provider, NN: 5, TT: true }
package: { artifact: build/all.zip }
functions:
  first:
    handler: src/first.handler
  second:
    name: other-name
    handler: index.handler
    memorySize: 256
    timeout: 30
    runtime: nodejs24.x
    architecture: x86_64
    ephemeralStorageSize: 1024
    reservedConcurrency: 3
    logs: { logFormat: Text }
    package: { artifact: ../second.zip }
    environment: { BB: function }
`);
  expect(functions).toEqual([
    {
      key: 'first',
      name: 'demo-dev-first',
      handler: 'src/first.handler',
      artifactFolder: '/project/build/all',
      memoryMb: 512,
      timeoutS: 6,
      ephemeralStorageMb: 512,
      environment: { AA: 'provider', BB: 'provider', NN: '5', TT: 'true' },
      reservedConcurrency: undefined,
      logFormat: 'JSON',
      architecture: 'arm64',
      runtime: 'nodejs22.x',
    },
    {
      key: 'second',
      name: 'other-name',
      handler: 'index.handler',
      artifactFolder: '/second',
      memoryMb: 256,
      timeoutS: 30,
      ephemeralStorageMb: 1024,
      environment: { AA: 'provider', BB: 'function', NN: '5', TT: 'true' },
      reservedConcurrency: 3,
      logFormat: 'Text',
      architecture: 'x86_64',
      runtime: 'nodejs24.x',
    },
  ]);
});

test('null is the fallback of a setting that may be absent', () => {
  const text = `
service: demo
provider: { runtime: nodejs22.x }
functions:
  one:
    handler: index.handler
    reservedConcurrency: \${param:reserved, null}
    package: { artifact: one.zip }
`;
  expect(parse(text)[0]).toHaveProperty('reservedConcurrency', undefined);
  expect(parse(text, { params: { reserved: '5' } })[0]).toHaveProperty('reservedConcurrency', 5);
});

describe('variables', () => {
  test.each<[string, string, ServerlessConfigOptions]>([
    ['plain', 'plain', {}],
    ['${self:service}-${sls:stage}', 'muster-dev', {}],
    ['${sls:stage}', 'prod', { options: { stage: 'prod' } }],
    ['${self:custom.names.${sls:stage}}', 'large', { options: { stage: 'prod' } }],
    ['${aws:region}', 'eu-west-1', {}],
    ['${aws:region}', 'us-west-2', { options: { region: 'us-west-2' } }],
    ['${param:size}', '7', {}],
    ['${param:size}', '9', { options: { stage: 'prod' } }],
    ['${param:size}', '11', { params: { size: 11 } }],
    ["${param:absent, 'a, b'}", 'a, b', {}],
    ['${opt:absent, param:size}', '7', {}],
    ['${opt:absent, ${env:ALSO_ABSENT, 1769}}', '1769', {}],
    ["${env:X, ''}", '', {}],
    ["${env:X, ''}", 'set', { env: { X: 'set' } }],
    ['\'http://${env:HOST, "127.0.0.1"}:${env:PORT, 80}/\'', 'http://127.0.0.1:80/', {}],
  ])('%s is %s', (text, expected, options) => {
    expect(variable(text.startsWith("'") ? text : `"${text.replaceAll('"', '\\"')}"`, options)).toBe(expected);
  });

  test.each([
    ['${self:custom.absent}', 'has no value and no fallback'],
    ['${file(other.yml):x}', 'does not know the source "file(other.yml):x"'],
    ['${ssm:/path}', 'does not know ssm:/path'],
    ['${cf:stack.Output}', 'does not know cf:stack.Output'],
    ['${self:custom.loop}', 'refers to itself: self:custom.loop -> self:custom.loop'],
    ['x${self:custom.list}', 'not text'],
    ['${self:service', 'without its }'],
  ])('%s is a fault that names it', (text, message) => {
    expect(faultsOf(withVariable(`"${text}"`))).toEqual([
      expect.stringMatching(/^functions\.one\.environment\.VALUE: /),
    ]);
    expect(faultsOf(withVariable(`"${text}"`))[0]).toContain(message);
  });
});

describe('CloudFormation intrinsics', () => {
  test('are left to the caller, in short and long form', () => {
    const seen: [string, unknown][] = [];
    const resolveIntrinsic: ServerlessConfigOptions['resolveIntrinsic'] = ({ name, argument }) => {
      seen.push([name, argument]);
      return `<${name}>`;
    };
    expect(variable('!Ref Bucket', { resolveIntrinsic })).toBe('<Ref>');
    variable('{ Ref: Bucket }', { resolveIntrinsic });
    variable('!GetAtt Machine.Arn', { resolveIntrinsic });
    variable('{ "Fn::GetAtt": [Machine, Arn] }', { resolveIntrinsic });
    variable('!Sub "arn:aws:s3:::${Bucket}/${sls:stage}/${AWS::Region}"', { resolveIntrinsic });
    variable('!Join ["-", [a, !Ref B]]', { resolveIntrinsic });
    expect(seen.slice(0, 5)).toEqual([
      ['Ref', 'Bucket'],
      ['Ref', 'Bucket'],
      ['Fn::GetAtt', ['Machine', 'Arn']],
      ['Fn::GetAtt', ['Machine', 'Arn']],
      ['Fn::Sub', 'arn:aws:s3:::${Bucket}/dev/${AWS::Region}'],
    ]);
    expect(seen[5]).toEqual(['Fn::Join', ['-', ['a', expect.objectContaining({ name: 'Ref', argument: 'B' })]]]);
  });

  test('are faults when nobody resolves them', () => {
    expect(faultsOf(withVariable('!Ref Bucket'))).toEqual([
      'functions.one.environment.VALUE: cannot be resolved here: Ref "Bucket"',
    ]);
  });

  test('in parts of the file that are not needed do no harm', () => {
    expect(parse(withVariable('x', 'resources: { Resources: { R: !If [A, !Ref B, !GetAtt C.D] } }'))).toHaveLength(1);
  });
});

test('every fault is listed at once', () => {
  const faults = faultsOf(`
service: muster
provider:
  runtime: python3.12
  environment: { BAD: !Ref X }
functions:
  one: { handler: nodot, memorySize: 99, timeout: "\${param:none}", package: { artifact: dist/one }, layers: [a] }
  two: { name: 'a b', handler: index.handler, runtime: nodejs22.x, package: { artifact: two.zip } }
`);
  expect(faults).toEqual([
    'functions.one.layers: the embedded cloud does not support it',
    'functions.one.package.artifact: must name a zip file, whose content lies in the folder beside it',
    'functions.one.timeout: ${param:none} has no value and no fallback',
    'provider.environment.BAD: cannot be resolved here: Ref "X"',
    expect.stringMatching(/^functions\.one\.handler: must be <file>/),
    expect.stringMatching(/^functions\.one\.memorySize: /),
    expect.stringMatching(/^functions\.one\.runtime: /),
    expect.stringMatching(/^functions\.two\.name: /),
  ]);
});

test('broken YAML, no functions and twins are faults', () => {
  expect(faultsOf('service: [')[0]).toMatch(/Flow sequence/);
  expect(faultsOf('service: x')).toEqual(['functions: there are none']);
  const twin = '{ name: same, handler: i.h, runtime: nodejs22.x, package: { artifact: a.zip } }';
  expect(faultsOf(`service: x\nfunctions: { a: ${twin}, b: ${twin} }`)).toEqual(['functions: two have the name same']);
});
