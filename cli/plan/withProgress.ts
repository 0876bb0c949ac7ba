import type { Session } from '../session.js';
import { LiveRegion } from '../terminal/liveRegion.js';

/** Work that takes less is done before anybody asks. */
const quietMs = 2_000;
/** Between two looks at Ctrl-C and two drawings. */
const breathMs = 200;

/**
 * Runs steps to their end, with their words in the terminal once two seconds are over.
 *
 * @throws InterruptedError after Ctrl-C.
 */
export async function withProgress<T>(
  { terminal, interruption }: Session,
  steps: Generator<string | number, T>,
  words: (step: string | number) => string,
): Promise<T> {
  const region = new LiveRegion(terminal.stderr);
  const startedMs = performance.now();
  let breathedMs = startedMs;
  let told = false;
  try {
    for (;;) {
      const step = steps.next();
      if (step.done) return step.value;
      const nowMs = performance.now();
      if (nowMs - breathedMs < breathMs) continue;
      breathedMs = nowMs;
      if (nowMs - startedMs > quietMs) {
        if (terminal.interactive) region.draw([words(step.value)]);
        else if (!told) terminal.note(words(step.value));
        told = true;
      }
      await new Promise((resolve) => setImmediate(resolve));
      interruption.signal.throwIfAborted();
    }
  } finally {
    if (told && terminal.interactive) region.clear();
  }
}
