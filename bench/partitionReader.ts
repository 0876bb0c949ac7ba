/**
 * Speed of the streaming reader against reading the same bytes with plain `fs`, and against a source that answers like
 * S3 (15 ms a request, 90 MB/s a connection).
 *
 * Run with `npx tsx bench/partitionReader.ts [MB] [rounds]`. The file lies in the page cache, so the ratio is that of the
 * processor's work. Prints the median of the rounds.
 */
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type ArrayContent, openPartition, saveFile, streamBatches, writePartition } from '../data/index.js';
import { type ByteSource, FileByteSource } from '../storage/byteSource.js';

const [megabytes = 100, rounds = 7] = process.argv.slice(2).map(Number);
const samples = Math.floor((megabytes * 2 ** 20) / 20_508);
const batchSize = 32;

function content(name: string, dtype: 'float32' | 'float64', sampleShape: number[]): ArrayContent {
  const perSample = sampleShape.reduce((product, size) => product * size, dtype === 'float32' ? 4 : 8);
  return {
    name,
    dtype,
    shape: [samples, ...sampleShape],
    content: {
      *[Symbol.iterator]() {
        for (let sample = 0; sample < samples; sample++) yield Buffer.alloc(perSample, sample);
      },
    },
  };
}

/** A source with the delays of a remote one. */
function likeS3(source: ByteSource): ByteSource {
  const latencyMs = 15;
  const bytesPerMs = 90_000;
  return {
    name: source.name,
    size: source.size,
    async read(offset, into, signal) {
      await delay(latencyMs + into.length / bytesPerMs, undefined, { signal });
      await source.read(offset, into, signal);
    },
  };
}

async function medianMs(run: () => Promise<void>): Promise<number> {
  const times: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const start = performance.now();
    await run();
    times.push(performance.now() - start);
  }
  return times.sort((a, b) => a - b)[Math.floor(rounds / 2)];
}

async function readPlainly(path: string): Promise<void> {
  const file = await open(path);
  const { size } = await file.stat();
  const into = new Uint8Array(new SharedArrayBuffer(size));
  const chunk = 4 * 2 ** 20;
  for (let offset = 0; offset < size; offset += chunk) {
    await file.read(into, offset, Math.min(chunk, size - offset), offset);
  }
  await file.close();
}

async function stream(source: ByteSource, verify = true): Promise<void> {
  const partition = await openPartition(source);
  const arrays = partition.arrays.map(({ name }) => name);
  let count = 0;
  for await (const batch of streamBatches(partition, { arrays, batchSize, verify })) count += batch.count;
  if (count !== samples) throw new Error(`${count} samples instead of ${samples}`);
}

const folder = await mkdtemp(join(tmpdir(), 'muster-bench-'));
try {
  const arrays = [content('0', 'float32', [5, 32, 32]), content('1', 'float32', [5]), content('2', 'float64', [])];
  for (const format of ['pt', 'safetensors'] as const) {
    const path = join(folder, `1.${format}`);
    await saveFile(path, writePartition(format, arrays));
    const source = await FileByteSource.open(path);
    const plainMs = await medianMs(() => readPlainly(path));
    const streamMs = await medianMs(() => stream(source));
    const uncheckedMs = await medianMs(() => stream(source, false));
    const remoteMs = await medianMs(() => stream(likeS3(source)));
    const rate = (ms: number): string => `${(source.size / 1e3 / ms).toFixed(0).padStart(5)} MB/s`;
    console.log(
      `${format.padEnd(11)} ${samples} samples: fs ${rate(plainMs)}, streamed ${rate(streamMs)} ` +
        `(ratio ${(plainMs / streamMs).toFixed(2)}), without checksums ${rate(uncheckedMs)} ` +
        `(ratio ${(plainMs / uncheckedMs).toFixed(2)}), from a source like S3 ${rate(remoteMs)}`,
    );
    await source.close();
  }
} finally {
  await rm(folder, { recursive: true });
}
