import { MusterError } from '../run/errors.js';

/** A file could not be loaded as an ONNX model: not ONNX, truncated, or made for a newer runtime. */
export class ModelLoadError extends MusterError {
  readonly code = 'MODEL_LOAD';

  constructor(model: string, reason: string, options: { cause?: unknown } = {}) {
    super(`${model}: cannot be loaded as an ONNX model: ${reason.replace(/\.?$/, '.')}`, {
      ...options,
      remedy:
        'Check that the upload is complete and that it was exported to ONNX with an opset that the runtime knows, such as 17.',
    });
  }
}

/** An ONNX model has inputs or outputs that no array of samples can feed or hold. */
export class ModelUnsupportedError extends MusterError {
  readonly code = 'MODEL_UNSUPPORTED';

  constructor(model: string, faults: readonly string[]) {
    super(`${model}: ${listed(faults)}`, {
      remedy: 'Export the model with tensors only, each with the samples on its first axis.',
    });
  }
}

/** Arrays do not fit the inputs of a model. */
export class InputMismatchError extends MusterError {
  readonly code = 'MODEL_INPUT_MISMATCH';
  readonly faults: readonly string[];

  constructor(model: string, faults: readonly string[]) {
    super(`${model}: the arrays do not fit the model's inputs: ${listed(faults)}`, {
      remedy: 'Map the right arrays of the partition to the model inputs with "inputs" of the payload.',
    });
    this.faults = faults;
  }
}

/** A model answered with outputs that are not one row a sample. */
export class OutputMismatchError extends MusterError {
  readonly code = 'MODEL_OUTPUT_MISMATCH';

  constructor(model: string, faults: readonly string[]) {
    super(`${model}: ${listed(faults)}`, {
      remedy: 'Export the model with the sample axis first and dynamic in every output.',
    });
  }
}

/** The runtime refused or broke off one run of a model. */
export class InferenceFailedError extends MusterError {
  readonly code = 'INFERENCE_FAILED';

  constructor(model: string, reason: string) {
    super(`${model}: inference failed: ${reason.replace(/\.?$/, '.')}`);
  }
}

/** A worker thread of a session ended while the session was in use; everything under way in the session is lost. */
export class InferenceWorkerLostError extends MusterError {
  readonly code = 'INFERENCE_WORKER_LOST';
  override readonly retryable = true;

  constructor(model: string, reason: string, options: { cause?: unknown } = {}) {
    super(`${model}: an inference worker died: ${reason.replace(/\.?$/, '.')}`, {
      ...options,
      remedy: 'If memory ran out, give the function more memory or lower the batch size, then run again.',
    });
  }
}

/** A session was used after it was closed. */
export class SessionClosedError extends MusterError {
  readonly code = 'INFERENCE_SESSION_CLOSED';

  constructor(model: string) {
    super(`${model}: the inference session is closed.`);
  }
}

function listed(faults: readonly string[]): string {
  return faults.length === 1 ? `${faults[0]}.` : faults.map((fault, i) => `(${i + 1}) ${fault}.`).join(' ');
}
