/** Failures of the interpreter itself, and of definitions that cannot work; no retrier or catcher ever takes them. */
const fatal = 'States.Runtime';

/**
 * Whether a retrier or catcher with these names takes an error.
 *
 * `States.ALL` takes every error but States.DataLimitExceeded and States.Runtime; `States.TaskFailed` takes all that
 * except timeouts; `States.Timeout` takes missed heartbeats too.
 */
export function matchesError(errorEquals: readonly string[], errorName: string): boolean {
  if (errorName === fatal) return false;
  const isTimeout = errorName === 'States.Timeout' || errorName === 'States.HeartbeatTimeout';
  return errorEquals.some((name) => {
    if (name === errorName) return true;
    if (name === 'States.Timeout') return isTimeout;
    if (errorName === 'States.DataLimitExceeded') return false;
    return name === 'States.ALL' || (name === 'States.TaskFailed' && !isTimeout);
  });
}
