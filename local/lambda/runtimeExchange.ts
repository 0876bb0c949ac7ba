import { type EnvironmentFault, faultDocument, faultOfExit, faultOfTimeout } from './exitReason.js';
import type { PhaseStatus } from './platformLog.js';
import type { RuntimeError, RuntimeInvocation } from './runtimeApi.js';
import type { RuntimeProcess } from './runtimeProcess.js';

/** How the init phase of a process ended. Unless it succeeded, the process is gone. */
export type InitOutcome =
  | { readonly status: 'success'; readonly durationMs: number }
  | { readonly status: 'timeout'; readonly durationMs: number }
  | { readonly status: 'error'; readonly durationMs: number; readonly error: RuntimeError | EnvironmentFault };

/** How an invocation ended. */
export interface InvocationAnswer {
  readonly status: PhaseStatus;
  /** Result or error document for the caller. */
  readonly payload: Buffer;
  readonly errorType?: string;
  /** What happened to the environment, when it was the environment that failed and not the handler. */
  readonly fault?: EnvironmentFault;
  /** When the runtime was done, by `performance.now()`. */
  readonly endedAtMs: number;
  /** Whether the process is ready for another invocation. */
  readonly alive: boolean;
}

/** Waits until a new process asks for its first invocation; one that fails to is killed. */
export async function awaitInit(process: RuntimeProcess, startedAtMs: number, timeoutMs: number): Promise<InitOutcome> {
  const signal = await process.signals.take(timeoutMs);
  const durationMs = (signal?.atMs ?? performance.now()) - startedAtMs;
  if (signal?.type === 'next') return { status: 'success', durationMs };
  process.kill();
  await process.ended;
  if (signal?.type === 'initError') return { status: 'error', durationMs, error: signal.error };
  if (signal?.type === 'exit') return { status: 'error', durationMs, error: faultOfExit(signal.exit) };
  return { status: 'timeout', durationMs };
}

/**
 * Gives a waiting process one invocation and waits until it asks for the next one, which is when Lambda counts an
 * invocation as done. What the handler posted before its process died or ran out of time stands.
 *
 * @param deadlineAtMs by `performance.now()`; the process is killed then.
 */
export async function exchange(
  process: RuntimeProcess,
  invocation: RuntimeInvocation,
  deadlineAtMs: number,
  timeoutS: number,
): Promise<InvocationAnswer> {
  let posted: Pick<InvocationAnswer, 'status' | 'payload' | 'errorType'> | undefined;
  const { requestId } = invocation;
  process.deliver(invocation);
  for (;;) {
    const signal = await process.signals.take(deadlineAtMs - performance.now());
    if (signal === undefined) {
      process.kill();
      await process.ended;
      const ended = { endedAtMs: deadlineAtMs, alive: false };
      return posted
        ? { ...posted, ...ended }
        : { ...faultAnswer(requestId, 'timeout', faultOfTimeout(timeoutS)), ...ended };
    }
    if (signal.type === 'response') posted = { status: 'success', payload: signal.payload };
    if (signal.type === 'error')
      posted = { status: 'failure', payload: signal.error.document, errorType: signal.error.errorType };
    if (signal.type === 'exit') {
      const ended = { endedAtMs: signal.atMs, alive: false };
      if (posted && !signal.exit.outOfMemory) return { ...posted, ...ended };
      return { ...faultAnswer(requestId, 'error', faultOfExit(signal.exit)), ...ended };
    }
    if (signal.type === 'next') {
      if (await process.exceedsMemory()) continue;
      if (posted) return { ...posted, endedAtMs: signal.atMs, alive: true };
      process.kill();
    }
  }
}

/** The answer to an invocation whose environment could not even be initialized. */
export function initFailureAnswer(
  requestId: string,
  outcome: Exclude<InitOutcome, { status: 'success' }>,
  timeoutS: number,
): InvocationAnswer {
  const ended = { endedAtMs: performance.now(), alive: false };
  if (outcome.status === 'timeout') return { ...faultAnswer(requestId, 'timeout', faultOfTimeout(timeoutS)), ...ended };
  const { error } = outcome;
  if ('document' in error) return { status: 'error', payload: error.document, errorType: error.errorType, ...ended };
  return { ...faultAnswer(requestId, 'error', error), ...ended };
}

function faultAnswer(requestId: string, status: PhaseStatus, fault: EnvironmentFault) {
  return { status, payload: faultDocument(requestId, fault), errorType: fault.errorType, fault };
}
