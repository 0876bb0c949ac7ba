import { ObjectStore } from '../../storage/objectStore.js';
import { functionNameOf, stackFunctions } from '../cloud/stackFunctions.js';
import { type Target, type TargetOptions, withTarget } from '../cloud/target.js';
import { type ExitCode, exitCodes } from '../exitCodes.js';
import type { Session } from '../session.js';
import { count } from '../terminal/quantities.js';
import { table } from '../terminal/table.js';
import { ensureMemory } from './ensureMemory.js';
import { ExecutorInUseError } from './errors.js';
import { ExecutorFunction } from './executorFunction.js';
import { type MemoryVersion, MemoryVersions } from './memoryVersions.js';
import { type ExecutorUse, runningExecutors } from './runningExecutors.js';

/** Time between two looks at a function that changes. */
const pollMs = { local: 20, aws: 1_000 } as const;

/** What the sizes of an executor are looked at and made with. */
export interface MemoryTools {
  readonly executor: ExecutorFunction;
  readonly versions: MemoryVersions;
  readonly runs: () => Promise<ExecutorUse[]>;
}

export async function memoryTools(target: Target): Promise<MemoryTools> {
  const { lambda, sfn, s3 } = target.clients;
  const stateMachineArn = await target.stateMachineArn();
  const name = functionNameOf((await stackFunctions(sfn, stateMachineArn)).executor);
  const executor = new ExecutorFunction(lambda, { name, pollMs: pollMs[target.kind] });
  const runs = () => runningExecutors({ sfn, store: new ObjectStore(s3) }, stateMachineArn);
  return { executor, versions: new MemoryVersions(lambda, executor), runs };
}

/** `muster memory ensure`: makes versions of the executor that runs can ask for by `memory_mb`. */
export async function ensure(
  session: Session,
  memoriesMb: readonly number[],
  options: TargetOptions,
): Promise<ExitCode> {
  const { terminal, interruption } = session;
  return withTarget(session, { ...options, needs: 'running' }, async (target) => {
    const tools = await memoryTools(target);
    const versions = await ensureMemory(memoriesMb, {
      ...tools,
      signal: interruption.signal,
      onMade: ({ memoryMb, version }) => terminal.note(`Version ${version} has ${count(memoryMb)} MB.`),
    });
    show(session, tools.executor.name, versions);
    return exitCodes.success;
  });
}

/** `muster memory list` */
export async function list(session: Session, options: TargetOptions): Promise<ExitCode> {
  return withTarget(session, options, async (target) => {
    const { executor, versions } = await memoryTools(target);
    show(session, executor.name, await versions.list());
    return exitCodes.success;
  });
}

/**
 * `muster memory remove`
 *
 * @throws MemoryNotFoundError, ExecutorInUseError
 */
export async function remove(
  session: Session,
  memoriesMb: readonly number[],
  options: TargetOptions,
): Promise<ExitCode> {
  return withTarget(session, options, async (target) => {
    const { executor, versions, runs } = await memoryTools(target);
    const unwanted = await Promise.all(memoriesMb.map((memoryMb) => versions.find(memoryMb)));
    const users = (await runs()).filter(
      ({ qualifier }) => qualifier === undefined || unwanted.some(({ version }) => version === qualifier),
    );
    if (users.length > 0) {
      throw new ExecutorInUseError(
        users.map(({ runId }) => runId),
        'Runs under way use a version that is to be removed, or have not chosen theirs yet',
      );
    }
    for (const version of unwanted) await versions.remove(version);
    show(session, executor.name, await versions.list());
    return exitCodes.success;
  });
}

function show({ terminal }: Session, functionName: string, versions: readonly MemoryVersion[]): void {
  terminal.say(
    versions.length === 0
      ? `${functionName} has the memory of its deployment alone.`
      : table(
          [{ heading: 'memory_mb', align: 'right' }, { heading: 'version', align: 'right' }, { heading: 'state' }],
          versions.map(({ memoryMb, version, current }) => [
            String(memoryMb),
            version,
            current ? 'ready' : 'of an earlier deployment',
          ]),
          terminal.colours,
        ),
  );
  terminal.result({ functionName, versions });
}
