import { messageOf } from '../../run/errors.js';
import type { BenchWorld } from './benchWorld.js';
import { type Measurement, measure } from './measure.js';

/** What a rank process answers: the times of the ranks it holds, or why there are none. */
export type RankAnswer =
  | { readonly kind: 'ready' }
  | { readonly kind: 'times'; readonly meanUs: readonly (number | null)[] }
  | { readonly kind: 'failed'; readonly fault: string };

/**
 * Makes this process one or more ranks of a benchmark: joins by `connect`, then times what the parent process asks for,
 * one measurement after the other, until it hangs up.
 */
export function serveRanks(connect: () => Promise<readonly BenchWorld[]>): void {
  // Without its parent nobody would ever end this process.
  process.once('disconnect', () => process.exit(0));
  const worlds = connect();
  worlds.then(
    () => answer({ kind: 'ready' }),
    (error) => answer({ kind: 'failed', fault: messageOf(error) }),
  );
  process.on('message', (request: Measurement | 'close') => {
    const work = request === 'close' ? close(worlds) : timesOf(worlds, request);
    work.catch((error) => answer({ kind: 'failed', fault: messageOf(error) }));
  });
}

async function timesOf(worlds: Promise<readonly BenchWorld[]>, measurement: Measurement): Promise<void> {
  const times = await Promise.all((await worlds).map((world) => measure(world, measurement)));
  answer({ kind: 'times', meanUs: times.map((time) => time ?? null) });
}

async function close(worlds: Promise<readonly BenchWorld[]>): Promise<void> {
  await Promise.all((await worlds).map((world) => world.close()));
  process.disconnect();
}

function answer(message: RankAnswer): void {
  process.send?.(message);
}
