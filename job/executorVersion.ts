import {
  GetAliasCommand,
  GetFunctionConfigurationCommand,
  type LambdaClient,
  ResourceNotFoundException,
} from '@aws-sdk/client-lambda';
import { latestVersion, memoryAlias } from '../run/executorAlias.js';

/** The executor that a run uses from its first rank to its last. */
export interface ExecutorVersion {
  /** Number of a version, which nothing changes any more, or `$LATEST`. */
  readonly qualifier: string;
  readonly memoryMb: number;
}

export interface ExecutorWish {
  readonly functionName: string;
  /** Memory that the executor was deployed with. */
  readonly deployedMemoryMb: number;
  /** `memory_mb` of the payload. */
  readonly memoryMb: number | undefined;
}

/**
 * The version of the executor with the memory that the payload asks for, as the alias `memory-<mb>` names it. The memory of
 * the deployment needs no version; there may be one all the same, and then a run keeps to it, so that nobody who makes
 * further versions changes the executor under the run. A version of other code than the deployment's does not count.
 */
export async function findExecutorVersion(
  lambda: LambdaClient,
  { functionName, deployedMemoryMb, memoryMb = deployedMemoryMb }: ExecutorWish,
): Promise<ExecutorVersion | { readonly fault: string }> {
  const qualifier = await versionOf(lambda, functionName, memoryAlias(memoryMb));
  const isCurrent = qualifier !== undefined && (await isOfCurrentCode(lambda, functionName, qualifier, memoryMb));
  if (isCurrent) return { qualifier, memoryMb };
  if (memoryMb === deployedMemoryMb) return { qualifier: latestVersion, memoryMb };
  const state = qualifier === undefined ? 'has no version' : 'was deployed anew since it got its version';
  return {
    fault: `memory_mb: ${functionName} ${state} with ${memoryMb} MB; make it with "muster memory ensure ${memoryMb}" (on AWS with --aws)`,
  };
}

async function versionOf(lambda: LambdaClient, functionName: string, alias: string): Promise<string | undefined> {
  try {
    return (await lambda.send(new GetAliasCommand({ FunctionName: functionName, Name: alias }))).FunctionVersion;
  } catch (error) {
    if (error instanceof ResourceNotFoundException) return undefined;
    throw error;
  }
}

async function isOfCurrentCode(
  lambda: LambdaClient,
  functionName: string,
  version: string,
  memoryMb: number,
): Promise<boolean> {
  const [latest, published] = await Promise.all(
    [latestVersion, version].map((Qualifier) =>
      lambda.send(new GetFunctionConfigurationCommand({ FunctionName: functionName, Qualifier })),
    ),
  );
  return published.CodeSha256 === latest.CodeSha256 && published.MemorySize === memoryMb;
}
