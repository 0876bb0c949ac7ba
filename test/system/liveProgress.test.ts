import { stripVTControlCharacters } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openLocalTarget } from '../../cli/cloud/localTarget.js';
import { stateDirectory } from '../../cli/cloud/stateDirectory.js';
import { performRun } from '../../cli/execution/performRun.js';
import { Interruption } from '../../cli/interruption.js';
import { Terminal } from '../../cli/terminal/terminal.js';
import { SystemUnderTest } from './muster.js';

/** Finishes a partition, waits until it may go on, finishes the next. */
const script = `
const objectIsThere = async (ctx, uri) => {
  for (;;) {
    try { return await ctx.s3.read(uri); } catch { await new Promise((resolve) => setTimeout(resolve, 20)); }
    ctx.signal.throwIfAborted();
  }
};
export default async function run(ctx) {
  for (const [index, partition] of ctx.partitions.entries()) {
    if (index > 0) await objectIsThere(ctx, ctx.params.gate);
    const redshift = { dtype: 'float32', shape: [100, 1], data: new Float32Array(100) };
    await ctx.finishPartition(partition, { samples: 100, batches: 1, predictions: { redshift } });
  }
}`;

let system: SystemUnderTest;
beforeAll(async () => {
  system = await SystemUnderTest.start();
  await system.put('scripts/gated/gated.mjs', script);
  for (const name of ['1', '2', '3', '4']) await system.put(`data/${name}.npy`, 'twenty bytes, unread');
});
afterAll(async () => {
  await system.close();
});

/** A terminal that redraws; `drawn` resolves with the first frame that a pattern fits. */
function watchedTerminal() {
  const frames: string[] = [];
  const waiting: { pattern: RegExp; resolve: (frame: string) => void }[] = [];
  const stderr = {
    isTTY: true,
    write: (text: string) => {
      const frame = stripVTControlCharacters(text);
      frames.push(frame);
      for (const { pattern, resolve } of waiting) if (pattern.test(frame)) resolve(frame);
    },
  };
  const stdout = { write: () => true };
  return {
    terminal: new Terminal({ json: false, stdout, stderr, environment: { TERM: 'xterm' } }),
    frames,
    drawn: (pattern: RegExp) => new Promise<string>((resolve) => waiting.push({ pattern, resolve })),
  };
}

it('draws state, ranks, samples/s, ETA and dollars while the ranks of a real run still work', async () => {
  const { terminal, frames, drawn } = watchedTerminal();
  const interruption = new Interruption({ on: () => undefined, exit: () => undefined });
  const session = { terminal, interruption, directory: stateDirectory(system.directory) };
  const target = await openLocalTarget(session, 'running');
  const half = drawn(/2 running/s);
  const withEta = drawn(/200 samples .* ETA \d/);
  const ended = performRun(session, target, {
    bucket: system.bucket,
    S3_object_name: 'scripts/gated',
    script: 'gated.mjs',
    data_prefix: 'data',
    result_path: 'results/gated',
    world_size: 2,
    params: { gate: `s3://${system.bucket}/data/go` },
  });
  expect(await half).toMatch(/RunRanks {2}0:\d\d\n.* 0 waiting {2}2 running {2}0 done {2}0 failed {2}of 2 ranks\n/);
  expect(await withEta).toMatch(
    / {2}█{12}░{12} {2}0 waiting {2}2 running {2}0 done {2}0 failed {2}of 2 ranks\n {2}200 samples {2}[\d.,]+ samples\/s {2}ETA \d+\.\d s {2}\$0\.\d+ so far/,
  );
  await system.put('data/go', 'go on');
  expect((await ended).snapshot.status).toBe('SUCCEEDED');
  await target.close();
  expect(frames.at(-2)).toMatch(
    /SUCCEEDED.*\n {2}█{24} {2}0 waiting {2}0 running {2}2 done.*\n {2}400 samples {2}[\d.,]+ samples/,
  );
}, 60_000);
