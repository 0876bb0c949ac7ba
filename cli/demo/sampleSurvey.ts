import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { type ArrayContent, saveFile, writeSafetensors } from '../../data/index.js';
import { type SimulatedGalaxies, simulateSurvey } from '../../models/galaxies/simulateGalaxies.js';
import packageJson from '../../package.json' with { type: 'json' };
import type { Tensor } from '../../run/tensor.js';
import { readJsonFile, replaceJsonFile } from '../cloud/stateDirectory.js';
import type { ByteProgress } from '../terminal/byteProgress.js';
import { replaceFolder } from './replaceFolder.js';
import { bytesPerGalaxy, type DemoScale, type Survey, surveySchema } from './surveyPlan.js';

/** Is told how the making of a survey gets on; a partition is an item. */
export type SurveyProgress = Pick<ByteProgress, 'addBytes' | 'addItem' | 'stop'>;

const manifestName = 'survey.json';

/** Galaxies that are simulated between two turns of the event loop. */
const galaxiesPerTurn = 16;

/**
 * The partitions of a simulated survey in a folder, `1.safetensors` and on; made where they are not there yet.
 *
 * @param progressOf is asked for only when there is something to make.
 * @returns the paths, and whether they were made now.
 */
export async function ensureSurvey(
  folder: string,
  scale: Pick<DemoScale, 'seed' | 'partitions' | 'galaxiesPerPartition'>,
  signal: AbortSignal,
  progressOf: () => SurveyProgress,
): Promise<{ paths: string[]; made: boolean }> {
  const names = Array.from({ length: scale.partitions }, (_, index) => `${index + 1}.safetensors`);
  const paths = names.map((name) => join(folder, name));
  if (await isThere(folder, names, scale)) return { paths, made: false };
  await replaceFolder(
    folder,
    async (staging) => {
      const partitions = await makePartitions(staging, names, scale, signal, progressOf());
      const { seed, galaxiesPerPartition } = scale;
      const survey: Survey = { version: 1, madeBy: packageJson.version, seed, galaxiesPerPartition, partitions };
      await replaceJsonFile(join(staging, manifestName), survey);
    },
    () => isThere(folder, names, scale),
  );
  return { paths, made: true };
}

async function makePartitions(
  folder: string,
  names: readonly string[],
  scale: Pick<DemoScale, 'seed' | 'galaxiesPerPartition'>,
  signal: AbortSignal,
  progress: SurveyProgress,
): Promise<Survey['partitions']> {
  const partitions: Survey['partitions'] = [];
  try {
    for (const [index, name] of names.entries()) {
      const path = join(folder, name);
      const galaxies = await simulatePartition(scale, index, signal, progress);
      await saveFile(path, writeSafetensors(galaxies), signal);
      partitions.push({ name, size: (await stat(path)).size });
      progress.addItem();
    }
  } finally {
    progress.stop();
  }
  return partitions;
}

async function isThere(
  folder: string,
  names: readonly string[],
  { seed, galaxiesPerPartition }: Pick<DemoScale, 'seed' | 'galaxiesPerPartition'>,
): Promise<boolean> {
  const survey = await readJsonFile(join(folder, manifestName), surveySchema);
  if (!survey || survey.madeBy !== packageJson.version) return false;
  if (survey.seed !== seed || survey.galaxiesPerPartition !== galaxiesPerPartition) return false;
  if (survey.partitions.length !== names.length) return false;
  const sizes = await Promise.all(
    survey.partitions.map(async ({ name }) => (await stat(join(folder, name)).catch(() => undefined))?.size),
  );
  return survey.partitions.every(({ name, size }, index) => name === names[index] && size === sizes[index]);
}

/** Simulates one partition, a few galaxies at a time, so that the process stays responsive. */
async function simulatePartition(
  { seed, galaxiesPerPartition }: Pick<DemoScale, 'seed' | 'galaxiesPerPartition'>,
  index: number,
  signal: AbortSignal,
  progress: SurveyProgress,
): Promise<ArrayContent[]> {
  const range = { seed, start: index * galaxiesPerPartition, count: galaxiesPerPartition };
  const chunks: SimulatedGalaxies[] = [];
  for (const chunk of simulateSurvey(range, galaxiesPerTurn)) {
    chunks.push(chunk);
    progress.addBytes(chunk.redshift.shape[0] * bytesPerGalaxy);
    await nextTurn();
    signal.throwIfAborted();
  }
  return (['image', 'magnitude', 'redshift'] as const).map((name) =>
    joined(
      name,
      chunks.map((chunk) => chunk[name]),
    ),
  );
}

/** An array whose rows come in several tensors. */
function joined(name: string, tensors: readonly Tensor[]): ArrayContent {
  const [{ dtype, shape }] = tensors;
  const rows = tensors.reduce((sum, tensor) => sum + tensor.shape[0], 0);
  const content = tensors.map(({ data }) => new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  return { name, dtype, shape: [rows, ...shape.slice(1)], content };
}
