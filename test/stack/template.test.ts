// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the placeholders of CloudFormation look like template strings
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemCallLibrary } from '../../scripts/nativeFiles.js';
import { packageFunctions } from '../../scripts/packageFunctions.js';
import { validateWithBoth } from '../aslValidators.js';
import { type PackagedService, packageStack } from './packagedService.js';
import { unexplainedWildcards, unusedExplanations, vagueStatements } from './policies.js';

let stack: PackagedService;
/** With every parameter set. */
let other: PackagedService;

beforeAll(async () => {
  [stack, other] = await Promise.all([
    packageStack(),
    packageStack({
      architecture: 'arm64',
      runtime: 'nodejs24.x',
      executorMemoryMb: '3538',
      ephemeralStorageMb: '2048',
      reservedConcurrency: '100',
      logFormat: 'JSON',
      logRetentionDays: '90',
      bucket: 'my-own-bucket',
      dataBuckets: 'survey-a, survey-b',
    }),
  ]);
}, 180_000);
afterAll(() => Promise.all([stack?.remove(), other?.remove()]));

const only = (service: PackagedService, type: string) => {
  const resources = service.resourcesOf(type);
  expect(resources).toHaveLength(1);
  return resources[0][1].Properties;
};

describe('the functions', () => {
  it('are those of functions/, each with a zip and a role of its own', () => {
    const functions = [...stack.functions()];
    expect(functions.map(([name]) => name)).toEqual(
      expect.arrayContaining(['initialize', 'executor', 'aggregate', 'release']),
    );
    for (const [name, { FunctionName, Handler, Code }] of functions) {
      expect(FunctionName).toBe(`muster-test-${name}`);
      expect(Handler).toBe('index.handler');
      expect(Code.S3Key).toMatch(new RegExp(`/${name}\\.zip$`));
    }
    const roles = functions.map(([, { Role }]) => Role['Fn::GetAtt'][0]);
    expect(new Set(roles).size).toBe(functions.length);
    for (const role of roles) expect(stack.template.Resources[role]?.Type).toBe('AWS::IAM::Role');
  });

  it('have the sizes, the runtime, the processor and the log format of the parameters', () => {
    for (const { Runtime, Architectures, LoggingConfig } of stack.functions().values())
      expect({ Runtime, Architectures, LoggingConfig }).toEqual({
        Runtime: 'nodejs22.x',
        Architectures: ['x86_64'],
        LoggingConfig: { LogFormat: 'Text' },
      });
    for (const { Runtime, Architectures, LoggingConfig } of other.functions().values())
      expect({ Runtime, Architectures, LoggingConfig }).toEqual({
        Runtime: 'nodejs24.x',
        Architectures: ['arm64'],
        LoggingConfig: { LogFormat: 'JSON' },
      });
    expect(stack.functions().get('executor')).toMatchObject({
      MemorySize: 1769,
      Timeout: 900,
      EphemeralStorage: { Size: 512 },
      Environment: {
        Variables: { MUSTER_EXECUTOR_FUNCTION: 'muster-test-executor', MUSTER_EXECUTOR_MEMORY_MB: '1769' },
      },
    });
    expect(stack.functions().get('executor')).not.toHaveProperty('ReservedConcurrentExecutions');
    expect(other.functions().get('executor')).toMatchObject({
      MemorySize: 3538,
      Timeout: 900,
      EphemeralStorage: { Size: 2048 },
      ReservedConcurrentExecutions: 100,
      Environment: { Variables: { MUSTER_EXECUTOR_MEMORY_MB: '3538', MUSTER_EPHEMERAL_STORAGE_MB: '2048' } },
    });
  });

  it('show our sources in stack traces', () => {
    for (const { Environment } of stack.functions().values())
      expect(Environment.Variables.NODE_OPTIONS).toContain('--enable-source-maps');
  });

  it('learn of executions that anybody stopped: the release is told by EventBridge', () => {
    expect(only(stack, 'AWS::Events::Rule')).toMatchObject({
      EventPattern: {
        source: ['aws.states'],
        detail: { stateMachineArn: [{ Ref: 'InferenceStateMachine' }], status: ['ABORTED', 'TIMED_OUT'] },
      },
      Targets: [{ Arn: { 'Fn::GetAtt': ['ReleaseLambdaFunction', 'Arn'] } }],
    });
  });

  it('log to groups of the stack that forget', () => {
    const retentions = (service: PackagedService) =>
      service
        .resourcesOf('AWS::Logs::LogGroup')
        .map(([, { Properties }]) => [Properties.LogGroupName, Properties.RetentionInDays]);
    const groups = (days: number) =>
      [...stack.functions().values()].map(({ FunctionName }) => [`/aws/lambda/${FunctionName}`, days]);
    expect(retentions(stack)).toEqual(groups(30));
    expect(retentions(other)).toEqual(groups(90));
  });
});

describe('the zips', () => {
  const targets = {
    x86_64: { platform: 'linux', architecture: 'x64' },
    arm64: { platform: 'linux', architecture: 'arm64' },
  } as const;

  it.each([
    ['x86_64', 60, () => stack],
    ['arm64', 35, () => other],
  ] as const)(
    'of %s: an executor under %i MB with the native files that it needs, the others without any',
    async (architecture, megabytes, service) => {
      const { files: koffi } = await systemCallLibrary(targets[architecture]);
      for (const name of service().functions().keys()) {
        const files = await service().zippedFiles(name);
        const paths = files.map(({ path }) => path);
        const code = name === 'executor' ? ['index.mjs', 'inferenceWorker.mjs'] : ['index.mjs'];
        const runtime = ['libonnxruntime.so.1', 'onnxruntime_binding.node'];
        const native = name === 'executor' ? [...runtime, ...koffi.map(({ path }) => path)] : [];
        expect(paths).toEqual([...code.flatMap((file) => [file, `${file}.map`]), ...native].sort());
        expect(files.reduce((sum, { bytes }) => sum + bytes, 0)).toBeLessThan(
          (name === 'executor' ? megabytes : 8) * 1_000_000,
        );
      }
    },
  );

  it.each([
    ['x86_64', () => stack],
    ['arm64', () => other],
  ] as const)(
    'of %s: what is slower for want of a package is said, nothing otherwise',
    async (architecture, service) => {
      const { warnings } = await systemCallLibrary(targets[architecture]);
      const said = service().printed.match(/executor .*npm install.*/g) ?? [];
      expect(said).toEqual(warnings.map((warning) => `executor (${architecture}): ${warning}`));
    },
  );

  it('have source maps that name the files of the project, wherever it lies, and hold no sources', async () => {
    const map: { sources: string[] } = JSON.parse(await stack.zippedText('executor', 'index.mjs.map'));
    expect(map).not.toHaveProperty('sourcesContent');
    expect(map.sources).toContain('../../../rank/executeRank.ts');
    const strange = map.sources.filter((source) => !/^(\.\.\/){3}[a-z_]/.test(source));
    expect(strange).toEqual([]);
  });

  it('are the same bytes when they are made again', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'muster-again-'));
    const names = [...other.functions().keys()];
    const artifacts = new Map(names.map((name) => [name, join(folder, `${name}.zip`)]));
    await packageFunctions(artifacts, 'arm64');
    const hash = async (path: string) =>
      createHash('sha256')
        .update(await readFile(path))
        .digest('hex');
    for (const [name, path] of artifacts)
      expect([name, await hash(path)]).toEqual([name, await hash(other.zipPath(name))]);
    await rm(folder, { recursive: true });
  }, 60_000);
});

describe('the state machine', () => {
  const definitionOf = (service: PackagedService) => {
    const { DefinitionString, DefinitionSubstitutions } = only(service, 'AWS::StepFunctions::StateMachine');
    return { text: String(DefinitionString), substitutions: Object.keys(Object(DefinitionSubstitutions)) };
  };

  it('is the file that the embedded cloud interprets, to the byte', async () => {
    const path = fileURLToPath(new URL('../../statemachine/inference.asl.json', import.meta.url));
    expect(definitionOf(stack).text).toBe(await readFile(path, 'utf8'));
  });

  it('has a substitution for every placeholder and none beside, and both validators accept it', async () => {
    const { text, substitutions } = definitionOf(stack);
    const placeholders = [...text.matchAll(/\$\{(\w+)\}/g)].map(([, name]) => name);
    expect([...new Set(placeholders)].sort()).toEqual(substitutions.sort());
    const resolved = text.replaceAll(/\$\{(\w+)\}/g, (_placeholder, name: string) =>
      name === 'Partition' ? 'aws-us-gov' : `arn:aws-us-gov:lambda:us-gov-west-1:123456789012:function:${name}`,
    );
    expect(await validateWithBoth(JSON.parse(resolved))).toEqual([]);
  });

  it('is called as executions call for it, and its role may start and watch the children of its map', () => {
    expect(only(stack, 'AWS::StepFunctions::StateMachine')).toMatchObject({
      StateMachineName: 'muster-test-inference',
      StateMachineType: 'STANDARD',
      RoleArn: { 'Fn::GetAtt': ['StateMachineRole', 'Arn'] },
    });
    const label = JSON.parse(definitionOf(stack).text).States.RunRanks.Label;
    const role = JSON.stringify(stack.template.Resources.StateMachineRole);
    expect(role).toContain('stateMachine:muster-test-inference"');
    expect(role).toContain(`execution:muster-test-inference/${label}:*`);
    expect(role).toContain(`\${ExecutorLambdaFunction.Arn}:*`);
  });
});

describe('the bucket', () => {
  it('is encrypted, closed to the public and to plain HTTP, and expires what runs leave lying about', () => {
    expect(stack.template.Resources.DataBucket).toMatchObject({
      Type: 'AWS::S3::Bucket',
      DeletionPolicy: 'RetainExceptOnCreate',
      Properties: {
        BucketEncryption: {
          ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } }],
        },
        PublicAccessBlockConfiguration: {
          BlockPublicAcls: true,
          BlockPublicPolicy: true,
          IgnorePublicAcls: true,
          RestrictPublicBuckets: true,
        },
        LifecycleConfiguration: {
          Rules: [
            { Status: 'Enabled', TagFilters: [{ Key: 'muster', Value: 'scratch' }], ExpirationInDays: 1 },
            { Status: 'Enabled', AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 } },
          ],
        },
      },
    });
    expect(stack.template.Resources.DataBucketPolicy?.Properties.PolicyDocument).toMatchObject({
      Statement: [
        {
          Effect: 'Deny',
          Principal: '*',
          Action: 's3:*',
          Resource: [{ 'Fn::GetAtt': ['DataBucket', 'Arn'] }, { 'Fn::Sub': '${DataBucket.Arn}/*' }],
          Condition: { Bool: { 'aws:SecureTransport': 'false' } },
        },
      ],
    });
  });

  it('is made unless a parameter names another', () => {
    expect(stack.template.Conditions.MakesBucket).toEqual({ 'Fn::Equals': ['', ''] });
    expect(other.template.Conditions.MakesBucket).toEqual({ 'Fn::Equals': ['my-own-bucket', ''] });
    expect(other.template.Resources.DataBucket.Condition).toBe('MakesBucket');
    expect(other.template.Resources.DataBucketPolicy.Condition).toBe('MakesBucket');
    expect(stack.template.Outputs.BucketName.Value).toEqual({ Ref: 'DataBucket' });
    expect(other.template.Outputs.BucketName.Value).toBe('my-own-bucket');
    // Nothing else may refer to a bucket that is not made.
    const { DataBucket: _bucket, DataBucketPolicy: _policy, ...rest } = other.template.Resources;
    expect(JSON.stringify({ rest, outputs: other.template.Outputs })).not.toContain('DataBucket');
  });

  it('that a parameter names is written to, further ones are only read', () => {
    const statements = JSON.stringify(other.template.Resources.ExecutorRole);
    const arns = (...names: string[]) =>
      JSON.stringify(names.map((name) => ({ 'Fn::Sub': `arn:\${AWS::Partition}:s3:::${name}` })));
    expect(statements).toContain(
      `"Action":"s3:ListBucket","Resource":${arns('my-own-bucket', 'survey-a', 'survey-b')}`,
    );
    expect(statements).toContain(
      `"Action":"s3:GetObject","Resource":${arns('my-own-bucket/*', 'survey-a/*', 'survey-b/*')}`,
    );
    expect(statements).toContain(
      `"s3:DeleteObject"],"Resource":${JSON.stringify({ 'Fn::Sub': 'arn:${AWS::Partition}:s3:::my-own-bucket/*' })}`,
    );
  });
});

describe('permissions', () => {
  it('name actions and resources in every statement of every role', () => {
    expect(vagueStatements(stack.template)).toEqual([]);
    expect(vagueStatements(other.template)).toEqual([]);
  });

  it('have no wildcard but those that are explained, and no explanation is left over', () => {
    expect(unexplainedWildcards(stack.template)).toEqual([]);
    expect(unexplainedWildcards(other.template)).toEqual([]);
    expect(unusedExplanations(stack.template)).toEqual([]);
  });
});

describe('the template', () => {
  it('names no partition, no region and no account', () => {
    for (const { text } of [stack, other]) {
      expect(text).not.toMatch(/arn:aws[a-z-]*:/);
      expect(text).not.toMatch(/\b(us|eu|ap|sa|ca|cn|af|me)-(gov-)?[a-z]+-\d\b/);
      expect(text).not.toMatch(/\b\d{12}\b/);
      expect(text).not.toMatch(/amazonaws\.com(?!")/);
    }
  });

  it('gives out what clients look up', () => {
    expect(stack.template.Outputs).toMatchObject({
      StateMachineArn: { Value: { Ref: 'InferenceStateMachine' } },
      ExecutorFunctionName: { Value: { Ref: 'ExecutorLambdaFunction' } },
      ConsoleUrl: { Value: { 'Fn::Sub': [expect.stringContaining('#/statemachines/view/'), expect.anything()] } },
    });
  });
});
