import { execFile } from 'node:child_process';
import { copyFile, mkdtemp, readFile, rm, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { fromBufferPromise } from 'yauzl';
import { z } from 'zod';

const root = fileURLToPath(new URL('../..', import.meta.url));
const require = createRequire(import.meta.url);
const framework = join(dirname(require.resolve('serverless/package.json')), 'bin', 'serverless.js');
const run = promisify(execFile);

const resourceSchema = z.object({
  Type: z.string(),
  Condition: z.string().optional(),
  DeletionPolicy: z.string().optional(),
  Properties: z.record(z.string(), z.unknown()).default({}),
});
const templateSchema = z.object({
  Conditions: z.record(z.string(), z.unknown()),
  Resources: z.record(z.string(), resourceSchema),
  Outputs: z.record(z.string(), z.object({ Value: z.unknown() })),
});
const functionSchema = z.object({
  FunctionName: z.string(),
  Handler: z.string(),
  Runtime: z.enum(['nodejs22.x', 'nodejs24.x']),
  MemorySize: z.number(),
  Timeout: z.number(),
  Architectures: z.tuple([z.enum(['x86_64', 'arm64'])]),
  EphemeralStorage: z.object({ Size: z.number() }).optional(),
  ReservedConcurrentExecutions: z.number().optional(),
  LoggingConfig: z.object({ LogFormat: z.enum(['Text', 'JSON']) }),
  Role: z.object({ 'Fn::GetAtt': z.tuple([z.string(), z.literal('Arn')]) }),
  Code: z.object({ S3Key: z.string() }),
  Environment: z.object({ Variables: z.record(z.string(), z.unknown()) }),
});

export type Template = z.output<typeof templateSchema>;
export type Resource = z.output<typeof resourceSchema>;
export type FunctionProperties = z.output<typeof functionSchema>;

/** A file as the directory of a zip names it. */
export interface ZippedFile {
  readonly path: string;
  /** Unzipped. */
  readonly bytes: number;
}

/** What `serverless package` has made. */
export class PackagedService {
  readonly template: Template;
  /** The template's text. */
  readonly text: string;
  readonly folder: string;
  /** What the command printed. */
  readonly printed: string;

  constructor(folder: string, text: string, printed: string) {
    this.folder = folder;
    this.text = text;
    this.printed = printed;
    this.template = templateSchema.parse(JSON.parse(text));
  }

  resourcesOf(type: string): [id: string, resource: Resource][] {
    return Object.entries(this.template.Resources).filter(([, { Type }]) => Type === type);
  }

  /** Properties of the functions by the names that they have in `serverless.yml`. */
  functions(): Map<string, FunctionProperties> {
    return new Map(
      this.resourcesOf('AWS::Lambda::Function').map(([id, { Properties }]) => [
        id.replace(/LambdaFunction$/, '').replace(/^./, (first) => first.toLowerCase()),
        functionSchema.parse(Properties),
      ]),
    );
  }

  zipPath(name: string): string {
    return join(this.folder, 'dist', 'functions', `${name}.zip`);
  }

  async zippedFiles(name: string): Promise<ZippedFile[]> {
    const archive = await fromBufferPromise(await readFile(this.zipPath(name)), { lazyEntries: true });
    const files: ZippedFile[] = [];
    for await (const { fileName, uncompressedSize } of archive.eachEntry())
      files.push({ path: fileName, bytes: uncompressedSize });
    return files;
  }

  /** The content of one file of a zip. */
  async zippedText(name: string, path: string): Promise<string> {
    const archive = await fromBufferPromise(await readFile(this.zipPath(name)), { lazyEntries: true });
    for await (const entry of archive.eachEntry())
      if (entry.fileName === path) return text(await archive.openReadStreamPromise(entry));
    throw new Error(`${name}.zip has no ${path}`);
  }

  remove(): Promise<void> {
    return rm(this.folder, { recursive: true, force: true });
  }
}

/** A folder in which the framework finds what it deploys, so that what it writes is not in the way of other tests. */
export async function stackFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'muster-package-'));
  await copyFile(join(root, 'serverless.yml'), join(folder, 'serverless.yml'));
  for (const name of ['stack', 'statemachine']) await symlink(join(root, name), join(folder, name));
  return folder;
}

/** A proxy that nobody listens on: no connection can leave the machine. */
const nowhere = 'http://127.0.0.1:9';

/**
 * Runs the `serverless` command in a folder, with nothing of this process's environment but the path.
 *
 * @returns what it printed
 */
export async function runFramework(
  folder: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<string> {
  const { stdout, stderr } = await outcomeOf(
    run(process.execPath, [framework, ...args], {
      cwd: folder,
      env: {
        PATH: process.env.PATH,
        HOME: folder,
        SLS_SCHEMA_CACHE_BASE_DIR: join(root, 'node_modules', '.cache'),
        AWS_EC2_METADATA_DISABLED: 'true',
        ...environment,
      },
    }),
  );
  return stdout + stderr;
}

/** The framework writes its errors to stdout. */
function outcomeOf<Output extends { stdout: string }>(running: Promise<Output>): Promise<Output> {
  return running.catch((error: Error & { stdout?: string }) => {
    throw new Error(`${error.message}\n${error.stdout ?? ''}`, { cause: error });
  });
}

/**
 * Runs `serverless package` in a folder of its own, without credentials, and with a proxy for every connection that nobody
 * listens on.
 */
export async function packageStack(params: Readonly<Record<string, string>> = {}): Promise<PackagedService> {
  const folder = await stackFolder();
  const given = Object.entries(params).flatMap(([key, value]) => ['--param', `${key}=${value}`]);
  const proxies = { HTTP_PROXY: nowhere, HTTPS_PROXY: nowhere };
  const printed = await runFramework(folder, ['package', '--stage', 'test', ...given], proxies);
  const text = await readFile(join(folder, '.serverless', 'cloudformation-template-update-stack.json'), 'utf8');
  return new PackagedService(folder, text, printed);
}
