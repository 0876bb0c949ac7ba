import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ModelLoadError, SessionClosedError } from '../../models/errors.js';
import { ModelCache } from '../../rank/modelCache.js';
import { StageRecorder } from '../../rank/stageRecorder.js';
import type { ObjectInfo } from '../../storage/objectStore.js';
import { type EmbeddedS3, startEmbeddedS3 } from '../embeddedS3.js';
import { fixturePath } from '../models/smallSurvey.js';

let s3: EmbeddedS3;
beforeAll(async () => {
  s3 = await startEmbeddedS3();
});
afterAll(() => s3.close());

async function put(key: string, body: Uint8Array | string): Promise<ObjectInfo> {
  await s3.store().put(s3.bucket, key, body);
  const object = await s3.store().head(s3.bucket, key);
  if (!object) throw new Error(`${key} is not there`);
  return object;
}

const feeds = { x: { dtype: 'float32', shape: [1, 3], data: Float32Array.of(1, 2, 3) } } as const;

describe('ModelCache', () => {
  const open = (models: ModelCache, model: ObjectInfo, store = s3.store()) =>
    models.open(store, s3.bucket, model, new StageRecorder());

  it('loads a version once, and closes it before it loads another', async () => {
    const models = new ModelCache(1);
    const affine = await put('affine.onnx', await readFile(fixturePath('affine.onnx')));
    const first = await open(models, affine);
    const store = s3.store();
    expect(await open(models, affine, store)).toBe(first);
    expect(store.calls.counts.get).toBe(0);
    const ofFour = await put('ofFour.onnx', await readFile(fixturePath('affineOfFour.onnx')));
    const second = await open(models, ofFour);
    await expect(first.run(feeds)).rejects.toThrow(SessionClosedError);
    expect([...(await second.run(feeds)).y.data]).toEqual([3, 5, 7]);
    await models.drop();
  });

  it('forgets what it could not load, and tells only who asked for it', async () => {
    const models = new ModelCache(1);
    const broken = open(models, await put('model.onnx', 'no model'));
    await expect(broken).rejects.toThrow(ModelLoadError);
    await models.drop();
    const empty = await put('model.onnx', '');
    const repaired = await put('repaired.onnx', await readFile(fixturePath('affine.onnx')));
    const [refused, session] = await Promise.allSettled([open(models, empty), open(models, repaired)]);
    expect(refused).toMatchObject({ status: 'rejected', reason: expect.any(ModelLoadError) });
    expect(session.status).toBe('fulfilled');
    await models.drop();
  });
});
