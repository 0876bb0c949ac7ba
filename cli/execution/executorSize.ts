import { GetFunctionCommand, type LambdaClient } from '@aws-sdk/client-lambda';
import { parseArchitecture } from '../../cost/prices.js';
import type { ExecutorSize } from './runProgress.js';

/** What an executor's seconds cost; undefined where Lambda does not tell, which costs the display its dollars alone. */
export async function executorSize(
  lambda: LambdaClient,
  functionName: string,
  region: string,
): Promise<ExecutorSize | undefined> {
  try {
    const { Configuration } = await lambda.send(new GetFunctionCommand({ FunctionName: functionName }));
    if (Configuration?.MemorySize === undefined) return undefined;
    const architecture = parseArchitecture(Configuration.Architectures?.[0] ?? 'x86_64');
    return { memoryMb: Configuration.MemorySize, architecture, region };
  } catch {
    return undefined;
  }
}
