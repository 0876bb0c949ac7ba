/** How the runtime describes an error to the Lambda service and to the caller of the function. */
export interface ErrorDocument {
  readonly errorType: string;
  readonly errorMessage: string;
  /** Lines of the stack. */
  readonly trace: readonly string[];
}

/** An error of the runtime itself, with the type that the Node.js runtime of AWS gives it. */
export class RuntimeFault extends Error {
  readonly errorType: string;

  constructor(errorType: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = errorType;
    this.errorType = errorType;
  }
}

/** Describes whatever a handler threw; things that are not errors keep their type and text. */
export function describeError(thrown: unknown): ErrorDocument {
  if (thrown instanceof Error)
    return { errorType: thrown.name, errorMessage: thrown.message, trace: (thrown.stack ?? '').split('\n') };
  return { errorType: typeof thrown, errorMessage: String(thrown), trace: [] };
}
