import { s3Uri } from '../run/keys.js';
import type { Payload } from '../run/payload.js';
import type { PlannedScript } from '../run/plan.js';
import type { ObjectInfo, ObjectStore } from '../storage/objectStore.js';
import { placeFault } from './placeFault.js';

/** What the ranks run: a script, and the model it uses, if there is one. */
export interface Program {
  readonly script: PlannedScript;
  readonly model: ObjectInfo | null;
}

/** Finds the script and the model that a payload means; every fault is a sentence that names the payload key. */
export async function findProgram(store: ObjectStore, payload: Payload): Promise<Program | { faults: string[] }> {
  try {
    const objects: ObjectInfo[] = [];
    if (payload.S3_object_name !== undefined) {
      for await (const object of store.list(payload.bucket, `${payload.S3_object_name}/`)) objects.push(object);
    }
    const script = findScript(payload, objects);
    const model = await findModel(store, payload, objects, script.kind !== 'module');
    const faults = [script, model].flatMap((found) => ('fault' in found ? [found.fault] : []));
    if ('fault' in script || 'fault' in model) return { faults };
    return { script, model: model.model };
  } catch (error) {
    const fault = placeFault('bucket', payload.bucket, error);
    if (fault === undefined) throw error;
    return { faults: [fault] };
  }
}

type ScriptFinding = PlannedScript | { readonly kind: 'missing'; readonly fault: string };

function findScript(payload: Payload, objects: readonly ObjectInfo[]): ScriptFinding {
  const { script, S3_object_name: prefix } = payload;
  if (script === undefined || prefix === undefined) return { kind: 'inference' };
  if (script.endsWith('.py')) return { kind: 'inference', insteadOf: script };
  // CosmicAI payloads name the path that the script has in /tmp after the copy.
  const path = script.replace(/^\/?tmp\//, '').replace(/^\/+/, '');
  const key = path.startsWith(`${prefix}/`) ? path : `${prefix}/${path}`;
  if (objects.some((object) => object.key === key)) return { kind: 'module', prefix, key };
  return { kind: 'missing', fault: `script: ${s3Uri(payload.bucket, key)} does not exist` };
}

async function findModel(
  store: ObjectStore,
  payload: Payload,
  objects: readonly ObjectInfo[],
  required: boolean,
): Promise<{ model: ObjectInfo | null } | { fault: string }> {
  if (payload.model !== undefined) {
    const model = await store.head(payload.bucket, payload.model);
    return model ? { model } : { fault: `model: ${s3Uri(payload.bucket, payload.model)} does not exist` };
  }
  const models = objects.filter(({ key }) => key.toLowerCase().endsWith('.onnx'));
  if (models.length === 1) return { model: models[0] };
  if (models.length === 0 && !required) return { model: null };
  const place = s3Uri(payload.bucket, `${payload.S3_object_name}/`);
  if (models.length === 0) {
    return {
      fault: `S3_object_name: no .onnx model under ${place} (${objects.length} objects); upload one, or name its key as "model"`,
    };
  }
  const names = models.map(({ key }) => key).join(', ');
  return {
    fault: `S3_object_name: ${models.length} .onnx models under ${place} (${names}); name the one to use as "model"`,
  };
}
