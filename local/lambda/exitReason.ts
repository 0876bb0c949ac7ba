/** How a process ended. */
export interface ProcessExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** The embedded cloud killed it because its memory went over the function's limit. */
  readonly outOfMemory: boolean;
}

/** Signals as Lambda words them (the texts of Go's `syscall.Signal` on Linux). */
const signalTexts: Partial<Record<NodeJS.Signals, string>> = {
  SIGABRT: 'aborted',
  SIGBUS: 'bus error',
  SIGFPE: 'floating point exception',
  SIGHUP: 'hangup',
  SIGILL: 'illegal instruction',
  SIGINT: 'interrupt',
  SIGKILL: 'killed',
  SIGPIPE: 'broken pipe',
  SIGQUIT: 'quit',
  SIGSEGV: 'segmentation fault',
  SIGTERM: 'terminated',
  SIGTRAP: 'trace/breakpoint trap',
};

/** What Lambda calls an environment's fault and how it words it. */
export interface EnvironmentFault {
  readonly errorType: string;
  /** Text after `RequestId: <id> Error: `. */
  readonly message: string;
}

/** The fault of a runtime process that ended by itself, was killed, or took too much memory. */
export function faultOfExit({ code, signal, outOfMemory }: ProcessExit): EnvironmentFault {
  const errorType = outOfMemory ? 'Runtime.OutOfMemory' : 'Runtime.ExitError';
  if (signal !== null) {
    const text = signalTexts[signal] ?? `signal ${signal}`;
    return { errorType, message: `Runtime exited with error: signal: ${text}` };
  }
  if (code === 0) return { errorType, message: 'Runtime exited without providing a reason' };
  return { errorType, message: `Runtime exited with error: exit status ${code}` };
}

/** The fault of an invocation that took longer than the function's timeout. */
export function faultOfTimeout(timeoutS: number): EnvironmentFault {
  return { errorType: 'Sandbox.Timedout', message: `Task timed out after ${timeoutS.toFixed(2)} seconds` };
}

/** The document that the caller of the function receives. */
export function faultDocument(requestId: string, { errorType, message }: EnvironmentFault): Buffer {
  return Buffer.from(JSON.stringify({ errorType, errorMessage: `RequestId: ${requestId} Error: ${message}` }));
}
