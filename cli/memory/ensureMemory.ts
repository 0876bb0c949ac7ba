import { latestVersion } from '../../run/executorAlias.js';
import { ExecutorInUseError } from './errors.js';
import type { ExecutorFunction } from './executorFunction.js';
import type { MemoryVersion, MemoryVersions } from './memoryVersions.js';
import type { ExecutorUse } from './runningExecutors.js';

export interface EnsureSurroundings {
  readonly executor: ExecutorFunction;
  readonly versions: MemoryVersions;
  readonly runs: () => Promise<readonly ExecutorUse[]>;
  /** Aborts between two steps; the executor is restored all the same. */
  readonly signal: AbortSignal;
  readonly onMade: (made: MemoryVersion) => void;
}

/**
 * Makes the sizes that are missing or of an earlier deployment. Lambda publishes what the function itself is at the
 * moment, so its memory is changed for a while and set back, also when a step fails. So that no run notices:
 *
 * - the memory of the deployment gets a version of its own first, and every run that starts from then on keeps to that;
 * - runs that started before and use the function itself are waited out: the command refuses to begin.
 *
 * @throws ExecutorInUseError, ExecutorConfigurationError
 */
export async function ensureMemory(
  memoriesMb: readonly number[],
  { executor, versions, runs, signal, onMade }: EnsureSurroundings,
): Promise<MemoryVersion[]> {
  // What an earlier command left when it was killed.
  await executor.restore();
  const { deployedMemoryMb } = await executor.state();
  const known = await versions.list();
  const missing = [...new Set(memoriesMb)].filter((memoryMb) => !isThere(known, memoryMb));
  if (missing.length === 0) return known;
  if (!isThere(known, deployedMemoryMb)) onMade(await versions.add(deployedMemoryMb));
  await refuseRunsOnTheFunctionItself(runs);
  try {
    for (const memoryMb of missing.filter((each) => each !== deployedMemoryMb)) {
      signal.throwIfAborted();
      onMade(await versions.add(memoryMb));
    }
  } finally {
    await executor.restore();
  }
  return versions.list();
}

const isThere = (known: readonly MemoryVersion[], memoryMb: number): boolean =>
  known.some((version) => version.memoryMb === memoryMb && version.current);

async function refuseRunsOnTheFunctionItself(runs: EnsureSurroundings['runs']): Promise<void> {
  const affected = (await runs()).filter(({ qualifier = latestVersion }) => qualifier === latestVersion);
  if (affected.length === 0) return;
  throw new ExecutorInUseError(
    affected.map(({ runId }) => runId),
    'Runs under way use the executor as it was deployed, whose memory would change under them',
  );
}
