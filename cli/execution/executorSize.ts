import { GetFunctionCommand, type LambdaClient } from '@aws-sdk/client-lambda';
import { parseArchitecture } from '../../cost/prices.js';
import type { PlannedWork } from './resultsProbe.js';
import type { ExecutorSize } from './runProgress.js';

/** What an executor's seconds cost; undefined where Lambda does not tell, which costs the display its dollars alone. */
export async function executorSize(
  lambda: LambdaClient,
  { executorFunction, executorQualifier }: Pick<PlannedWork, 'executorFunction' | 'executorQualifier'>,
  region: string,
): Promise<ExecutorSize | undefined> {
  try {
    const { Configuration } = await lambda.send(
      new GetFunctionCommand({ FunctionName: executorFunction, Qualifier: executorQualifier }),
    );
    if (Configuration?.MemorySize === undefined) return undefined;
    const architecture = parseArchitecture(Configuration.Architectures?.[0] ?? 'x86_64');
    return { memoryMb: Configuration.MemorySize, architecture, region };
  } catch {
    return undefined;
  }
}
