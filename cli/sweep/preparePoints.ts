import { resolve } from 'node:path';
import type { Sweep } from '../../sweep/sweepFile.js';
import { type SweepPoint, sweepPoints } from '../../sweep/sweepPlan.js';
import type { Target } from '../cloud/target.js';
import { ensureMemory } from '../memory/ensureMemory.js';
import { memoryTools } from '../memory/memoryCommand.js';
import type { Session } from '../session.js';
import { count } from '../terminal/quantities.js';
import { uploadAll } from '../transfer/uploadCommand.js';
import { uploadItems } from '../transfer/uploadSources.js';
import { ColdStarts } from './coldStarts.js';
import { type PointPayload, pointPayload } from './pointPayload.js';
import { type PreparedData, prepareData } from './prepareData.js';
import type { ReadyPoint } from './runSweep.js';
import type { SweepTargets } from './sweepTargets.js';

/** The points of a sweep with everything that their runs need. */
export interface PreparedPoints {
  readonly points: readonly Omit<ReadyPoint, 'forecast'>[];
  readonly notes: readonly string[];
  /** Puts back what was changed for the time of the sweep. */
  end(): Promise<void>;
}

/** Uploads the files, makes the partitions and the sizes of the executor that a sweep needs, where they are not there yet. */
export async function preparePoints(
  session: Session,
  sweep: Sweep,
  targets: SweepTargets,
  folder: string,
): Promise<PreparedPoints> {
  const points = sweepPoints(sweep);
  // Every payload is checked before anything is made; the place of the data is not known yet.
  const drafts = points.map((point) =>
    pointPayload(sweep, point, sweep.data ? { data_prefix: sweep.data.prefix } : {}),
  );
  const first = await targets.of(undefined);
  await uploadFiles(session, first, sweep, drafts[0], folder);
  const data = await dataOf(session, first, sweep, { points, draft: drafts[0], folder });
  const payloads = points.map((point) => pointPayload(sweep, point, data?.payloadKeys(point) ?? {}));
  const cold = new Map<Target, ColdStarts>();
  const ready: Omit<ReadyPoint, 'forecast'>[] = [];
  for (const [index, point] of points.entries()) {
    const target = await targets.of(point.factors.architecture);
    ready.push({
      point,
      payload: payloads[index],
      target,
      coldStarts: undefined,
      repeatedData: data?.isRepeated(point) ?? false,
    });
  }
  for (const target of new Set(ready.map((each) => each.target))) {
    const own = ready.filter((each) => each.target === target);
    const coldStarts = await ensureSizes(session, target, own, sweep.cold);
    if (coldStarts) cold.set(target, coldStarts);
  }
  return {
    points: ready.map((point) => ({ ...point, coldStarts: cold.get(point.target) })),
    notes: data?.notes ?? [],
    end: async () => {
      for (const coldStarts of cold.values()) await coldStarts.end();
    },
  };
}

async function uploadFiles(
  session: Session,
  { clients }: Target,
  { files }: Sweep,
  { parsed }: PointPayload,
  folder: string,
): Promise<void> {
  const items = await Promise.all(
    Object.entries(files).map(([path, prefix]) => uploadItems([resolve(folder, path)], prefix)),
  );
  if (items.flat().length === 0) return;
  await uploadAll(
    session,
    clients.s3,
    { bucket: parsed.bucket, prefix: '' },
    items.flat(),
    session.interruption.signal,
  );
}

async function dataOf(
  session: Session,
  target: Target,
  { data, ...sweep }: Sweep,
  {
    points,
    draft,
    folder,
  }: { readonly points: readonly SweepPoint[]; readonly draft: PointPayload; readonly folder: string },
): Promise<PreparedData | undefined> {
  if (!data) return undefined;
  const bucket = draft.parsed.data_bucket ?? draft.parsed.bucket;
  return prepareData(session, target, { ...sweep, data }, { bucket, points, folder });
}

/** With cold starts the executor as it was deployed needs a version too, so that nothing runs on the function itself. */
async function ensureSizes(
  { terminal, interruption }: Session,
  target: Target,
  points: readonly Pick<ReadyPoint, 'payload'>[],
  cold: boolean,
): Promise<ColdStarts | undefined> {
  const wished = points.flatMap(({ payload }) => payload.parsed.memory_mb ?? []);
  if (wished.length === 0 && !cold) return undefined;
  const tools = await memoryTools(target);
  const { deployedMemoryMb } = await tools.executor.state();
  await ensureMemory(cold ? [...wished, deployedMemoryMb] : wished, {
    ...tools,
    signal: interruption.signal,
    onMade: ({ memoryMb, version }) => terminal.note(`Version ${version} has ${count(memoryMb)} MB.`),
  });
  return cold ? new ColdStarts(target.clients.lambda, tools) : undefined;
}
