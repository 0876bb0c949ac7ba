import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { InferenceSession, Tensor as OnnxTensor } from 'onnxruntime-node';
import { messageOf } from '../run/errors.js';
import { bytesPerElement, dtypes, elementCount, type Tensor } from '../run/tensor.js';
import type { FromWorker, MicroBatch, ToWorker, WorkerStart } from './inferenceProtocol.js';
import { type ModelSignature, type ModelValue, signatureFaults } from './modelSignature.js';
import { bytesOf, rowsOf, tensorOver } from './tensorArrays.js';

/*
 * The body of an inference worker thread: one single-threaded session of onnxruntime, fed by messages.
 *
 * The native binding (1.30) accepts neither a model nor tensors over a SharedArrayBuffer ("Invalid argument"), so both
 * are copied out of shared memory here: the model once, a micro-batch each run (20 microseconds for 16 images of 20 kB,
 * a thousandth of the time that their inference takes) into memory that is used again.
 */

/** The memory pattern is off: it is no faster on micro-batches and costs up to 18 MB a session. */
const sessionOptions: InferenceSession.SessionOptions = {
  intraOpNumThreads: 1,
  interOpNumThreads: 1,
  graphOptimizationLevel: 'all',
  enableCpuMemArena: true,
  enableMemPattern: false,
};

const scratch = new Map<string, ArrayBuffer>();

async function serve(port: MessagePort, start: WorkerStart): Promise<void> {
  const reply = (message: FromWorker, transfer: ArrayBuffer[] = []) => port.postMessage(message, transfer);
  let session: InferenceSession;
  try {
    session = await load(start.model);
  } catch (error) {
    reply({ kind: 'unloadable', reason: messageOf(error) });
    return;
  }
  const { signature, faults } = signatureOf(session);
  if (faults.length > 0) {
    reply({ kind: 'unsupported', faults });
    return;
  }
  const handle = async (message: ToWorker): Promise<void> => {
    if (message.kind === 'close') {
      await session.release();
      port.close();
      return;
    }
    try {
      const outputs = await run(session, signature, message);
      const buffers = Object.values(outputs).map(({ data }) => data.buffer);
      reply(
        { kind: 'done', id: message.id, outputs },
        buffers.filter((buffer) => buffer instanceof ArrayBuffer),
      );
    } catch (error) {
      reply({ kind: 'failed', id: message.id, reason: messageOf(error) });
    }
  };
  let turn = Promise.resolve();
  port.on('message', (message: ToWorker) => {
    turn = turn.then(() => handle(message)); // one at a time: they share the scratch memory
  });
  reply({ kind: 'ready', signature });
}

function load(model: string | Uint8Array): Promise<InferenceSession> {
  return typeof model === 'string'
    ? InferenceSession.create(model, sessionOptions)
    : InferenceSession.create(model.slice(), sessionOptions);
}

function signatureOf(session: InferenceSession): { signature: ModelSignature; faults: string[] } {
  const faults: string[] = [];
  const describe = (kind: string, values: readonly InferenceSession.ValueMetadata[]): ModelValue[] =>
    values.flatMap((value) => {
      const dtype = value.isTensor ? dtypes.find((known) => known === value.type) : undefined;
      if (value.isTensor && dtype) return [{ name: value.name, dtype, shape: value.shape.map((size) => size || null) }];
      faults.push(`${kind} "${value.name}" is ${value.isTensor ? `a tensor of ${value.type}` : 'not a tensor'}`);
      return [];
    });
  const signature = {
    inputs: describe('input', session.inputMetadata),
    outputs: describe('output', session.outputMetadata),
  };
  return { signature, faults: faults.length > 0 ? faults : signatureFaults(signature) };
}

async function run(
  session: InferenceSession,
  { outputs }: ModelSignature,
  { feeds, rows }: MicroBatch,
): Promise<Record<string, Tensor>> {
  const native: Record<string, OnnxTensor> = {};
  for (const [name, feed] of Object.entries(feeds)) {
    const { dtype, shape, data } = privateCopy(name, feed, rows);
    if (dtype === 'bfloat16') throw new Error(`onnxruntime-node takes no bfloat16 (input "${name}")`);
    native[name] = new OnnxTensor(dtype, data, shape);
  }
  const results = await session.run(native);
  return Object.fromEntries(
    outputs.map(({ name, dtype }) => {
      const { dims, data } = results[name];
      if (!ArrayBuffer.isView(data)) throw new Error(`output "${name}" is not numeric`);
      return [name, tensorOver(dtype, dims, data.buffer, data.byteOffset)];
    }),
  );
}

/** Copies a feed out of shared memory; rows beyond its own repeat its last one. */
function privateCopy(name: string, feed: Tensor, rows: number): Tensor {
  const [count, ...row] = feed.shape;
  const byteLength = rows * elementCount(row) * bytesPerElement[feed.dtype];
  let buffer = scratch.get(name);
  if (!buffer || buffer.byteLength < byteLength) {
    buffer = new ArrayBuffer(byteLength);
    scratch.set(name, buffer);
  }
  const copy = tensorOver(feed.dtype, [rows, ...row], buffer);
  bytesOf(copy).set(bytesOf(feed));
  const last = bytesOf(rowsOf(copy, count - 1, 1));
  for (let i = count; i < rows; i++) bytesOf(rowsOf(copy, i, 1)).set(last);
  return copy;
}

if (!parentPort) throw new Error('inferenceWorker runs in a worker thread only');
await serve(parentPort, workerData);
