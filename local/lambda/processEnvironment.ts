import type { FunctionDefinition } from './functionDefinition.js';

export interface ProcessEnvironmentOptions {
  readonly definition: FunctionDefinition;
  readonly version: string;
  readonly region: string;
  readonly logGroup: string;
  readonly logStream: string;
  /** Folder that stands in for `/tmp`. */
  readonly temporaryFolder: string;
  readonly taskRoot: string;
  /** Credentials, endpoint and whatever else every function of the embedded cloud gets. */
  readonly shared: Readonly<Record<string, string>>;
}

/**
 * All environment variables of a function's process. Of this process's own environment it takes the search path alone:
 * nothing that happens to be exported in a shell reaches a function.
 *
 * Source: https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime
 */
export function processEnvironment(options: ProcessEnvironmentOptions): Record<string, string> {
  const { definition, region, logGroup, logStream, taskRoot } = options;
  return {
    ...(process.env.PATH !== undefined && { PATH: process.env.PATH }),
    LANG: 'en_US.UTF-8',
    TZ: ':UTC',
    TMPDIR: options.temporaryFolder,
    HOME: options.temporaryFolder,
    ...options.shared,
    ...definition.environment,
    _HANDLER: definition.handler,
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
    AWS_EXECUTION_ENV: `AWS_Lambda_${definition.runtime}`,
    AWS_LAMBDA_FUNCTION_NAME: definition.name,
    AWS_LAMBDA_FUNCTION_VERSION: options.version,
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(definition.memoryMb),
    AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
    AWS_LAMBDA_LOG_FORMAT: definition.logFormat,
    AWS_LAMBDA_LOG_GROUP_NAME: logGroup,
    AWS_LAMBDA_LOG_STREAM_NAME: logStream,
    LAMBDA_TASK_ROOT: taskRoot,
  };
}
