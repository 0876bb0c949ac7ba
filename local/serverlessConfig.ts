import { readFile } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import { parseDocument } from 'yaml';
import { z } from 'zod';
import { messageOf } from '../run/errors.js';
import { ServerlessConfigError } from './errors.js';
import { type FunctionDefinition, functionDefinitionSchema } from './lambda/functionDefinition.js';
import { asIntrinsic, type Intrinsic, intrinsicTags } from './serverlessIntrinsics.js';
import { VariableFault, VariableResolver, valueAt } from './serverlessVariables.js';

export interface ServerlessConfigOptions {
  /** Options of the command line: `stage`, `region` and what `${opt:...}` names. */
  readonly options?: Readonly<Record<string, string>>;
  /** Parameters of the command line, which win over the `params` section. */
  readonly params?: Readonly<Record<string, string | number | boolean>>;
  /** Environment for `${env:...}` (default: this process's). */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Gives the value of a CloudFormation intrinsic in an environment variable; undefined refuses it. */
  readonly resolveIntrinsic?: (intrinsic: Intrinsic) => string | undefined;
}

/** What the framework takes where the file says nothing. Source: https://www.serverless.com/framework/docs/providers/aws/guide/serverless.yml */
const defaults = { memoryMb: 1024, timeoutS: 6, stage: 'dev', region: 'us-east-1' };

/** Settings that change what a function is, and that the embedded cloud cannot honour. */
const unsupported = ['image', 'layers', 'fileSystemConfig', 'kmsKeyArn', 'vpc'];

/**
 * Reads the functions of a `serverless.yml`, so that the embedded cloud and the deployment have one source of truth.
 *
 * A function's code is looked for in the folder beside its zip: `package.artifact` without `.zip`.
 *
 * @throws ServerlessConfigError listing every fault.
 */
export async function readServerlessConfig(
  path: string,
  options: ServerlessConfigOptions = {},
): Promise<FunctionDefinition[]> {
  return parseServerlessConfig(await readFile(path, 'utf8'), { ...options, path });
}

/** As {@link readServerlessConfig}, from text. Artifacts are relative to the folder of `path`. */
export function parseServerlessConfig(
  text: string,
  options: ServerlessConfigOptions & { readonly path: string },
): FunctionDefinition[] {
  const parsed = parseDocument(text, { customTags: intrinsicTags });
  const syntaxFaults = parsed.errors.map(({ message }) => message.split('\n')[0] ?? message);
  if (syntaxFaults.length > 0) throw new ServerlessConfigError(basename(options.path), syntaxFaults);
  return new ConfigReader(parsed.toJS(), options).functions();
}

const keyedSchema = z.record(z.string(), z.unknown());

class ConfigReader {
  readonly #document: unknown;
  readonly #options: ServerlessConfigOptions & { readonly path: string };
  readonly #variables: VariableResolver;
  /** Faults of the provider section come up once for each function. */
  readonly #faults = new Set<string>();
  #faultCount = 0;

  constructor(document: unknown, options: ServerlessConfigOptions & { readonly path: string }) {
    this.#document = document;
    this.#options = options;
    this.#variables = new VariableResolver({
      document,
      stage: () => this.#commandOr('stage', defaults.stage),
      region: () => this.#commandOr('region', defaults.region),
      param: (name) => this.#param(name),
      options: options.options ?? {},
      env: options.env ?? process.env,
    });
  }

  functions(): FunctionDefinition[] {
    const functions = keyedSchema.safeParse(valueAt(this.#document, 'functions') ?? {});
    if (!functions.success) this.#fault('functions: must be a mapping of functions');
    const keys = Object.keys(functions.data ?? {});
    if (functions.success && keys.length === 0) this.#fault('functions: there are none');
    const definitions = keys.flatMap((key) => this.#function(key) ?? []);
    const names = definitions.map(({ name }) => name);
    for (const name of new Set(names.filter((name, n) => names.indexOf(name) !== n)))
      this.#fault(`functions: two have the name ${name}`);
    if (this.#faults.size > 0) throw new ServerlessConfigError(basename(this.#options.path), [...this.#faults]);
    return definitions;
  }

  #function(key: string): FunctionDefinition | undefined {
    const at = `functions.${key}`;
    const faultsBefore = this.#faultCount;
    for (const setting of unsupported)
      for (const place of [`${at}.${setting}`, `provider.${setting}`])
        if (valueAt(this.#document, place) !== undefined)
          this.#fault(`${place}: the embedded cloud does not support it`);
    const either = (setting: string, provider = setting) =>
      this.#value(`${at}.${setting}`) ?? this.#value(`provider.${provider}`);
    const candidate = {
      key,
      name: this.#value(`${at}.name`) ?? this.#defaultName(key),
      handler: this.#value(`${at}.handler`),
      artifactFolder: this.#artifactFolder(at),
      memoryMb: numeric(either('memorySize') ?? defaults.memoryMb),
      timeoutS: numeric(either('timeout') ?? defaults.timeoutS),
      ephemeralStorageMb: numeric(this.#value(`${at}.ephemeralStorageSize`)),
      environment: { ...this.#environment('provider.environment'), ...this.#environment(`${at}.environment`) },
      reservedConcurrency: numeric(this.#value(`${at}.reservedConcurrency`)),
      logFormat: either('logs.logFormat', 'logs.lambda.logFormat'),
      architecture: either('architecture'),
      runtime: either('runtime'),
    };
    const parsed = functionDefinitionSchema.safeParse(candidate);
    if (parsed.success) return parsed.data;
    const given = new Map<PropertyKey, unknown>(Object.entries(candidate));
    for (const { path, message } of parsed.error.issues) {
      const alreadyReported = this.#faultCount > faultsBefore && given.get(path[0] ?? '') === undefined;
      if (!alreadyReported)
        this.#fault(`${at}.${settingNames[String(path[0])] ?? path.join('.')}${pathTail(path)}: ${message}`);
    }
    return undefined;
  }

  /** A resolved value, or undefined where there is none or it has a fault. */
  #value(path: string): unknown {
    try {
      return this.#variables.resolve(valueAt(this.#document, path)) ?? undefined;
    } catch (error) {
      if (!(error instanceof VariableFault)) throw error;
      this.#fault(`${path}: ${messageOf(error)}`);
      return undefined;
    }
  }

  #fault(message: string): void {
    this.#faultCount++;
    this.#faults.add(message);
  }

  #defaultName(key: string): string | undefined {
    const service = this.#value('service');
    if (typeof service !== 'string') {
      this.#fault('service: must name the service');
      return undefined;
    }
    return `${service}-${this.#commandOr('stage', defaults.stage)}-${key}`;
  }

  #artifactFolder(at: string): string | undefined {
    const artifact = this.#value(`${at}.package.artifact`) ?? this.#value('package.artifact');
    if (typeof artifact === 'string' && artifact.endsWith('.zip'))
      return resolve(dirname(this.#options.path), artifact.slice(0, -'.zip'.length));
    this.#fault(`${at}.package.artifact: must name a zip file, whose content lies in the folder beside it`);
    return undefined;
  }

  #environment(path: string): Record<string, string> {
    const variables = keyedSchema.safeParse(valueAt(this.#document, path) ?? {});
    if (!variables.success) {
      this.#fault(`${path}: must be a mapping of variables`);
      return {};
    }
    const resolved: Record<string, string> = {};
    for (const name of Object.keys(variables.data)) {
      const text = this.#environmentText(`${path}.${name}`);
      if (text !== undefined) resolved[name] = text;
    }
    return resolved;
  }

  #environmentText(path: string): string | undefined {
    const value = this.#value(path);
    if (typeof value === 'string' || value === undefined) return value;
    if (typeof value === 'number' || typeof value === 'boolean') return String(value);
    const intrinsic = asIntrinsic(value);
    const text = intrinsic && this.#options.resolveIntrinsic?.(intrinsic);
    if (text === undefined) this.#fault(`${path}: cannot be resolved here: ${intrinsic ?? JSON.stringify(value)}`);
    return text;
  }

  /** What the command line says, else what the provider section says, else the default of the framework. */
  #commandOr(name: 'stage' | 'region', otherwise: string): string {
    const given = this.#options.options?.[name] ?? this.#variables.resolve(valueAt(this.#document, `provider.${name}`));
    return typeof given === 'string' ? given : otherwise;
  }

  #param(name: string): unknown {
    const stage = this.#commandOr('stage', defaults.stage);
    return (
      this.#options.params?.[name] ??
      valueAt(this.#document, `params.${stage}.${name}`) ??
      valueAt(this.#document, `params.default.${name}`)
    );
  }
}

/** What `serverless.yml` calls the settings of a definition. */
const settingNames: Readonly<Record<string, string>> = {
  artifactFolder: 'package.artifact',
  memoryMb: 'memorySize',
  timeoutS: 'timeout',
  ephemeralStorageMb: 'ephemeralStorageSize',
  logFormat: 'logs.logFormat',
};

function pathTail(path: readonly PropertyKey[]): string {
  return settingNames[String(path[0])] === undefined
    ? ''
    : path
        .slice(1)
        .map((key) => `.${String(key)}`)
        .join('');
}

/** Parameters and environment variables are text where a number is meant. */
function numeric(value: unknown): unknown {
  return typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value;
}
