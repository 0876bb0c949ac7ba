import { ByteProgress } from '../terminal/byteProgress.js';
import type { Terminal } from '../terminal/terminal.js';
import { bytesPerGalaxy, type DemoScale } from './surveyPlan.js';

/** The bar of a survey that is simulated; it shows from now on. */
export function surveyProgress(
  terminal: Terminal,
  { partitions, galaxiesPerPartition }: Pick<DemoScale, 'partitions' | 'galaxiesPerPartition'>,
): ByteProgress {
  return new ByteProgress(terminal, {
    title: 'Simulating',
    totalBytes: partitions * galaxiesPerPartition * bytesPerGalaxy,
    totalItems: partitions,
    noun: 'partitions',
  });
}
