import { expect, it } from 'vitest';
import { workersForMemory } from '../../models/workersForMemory.js';

it.each([
  { memoryMb: 128, processors: 2, workers: 1 },
  { memoryMb: 1769, processors: 2, workers: 1 },
  { memoryMb: 2653, processors: 6, workers: 1 },
  { memoryMb: 2654, processors: 6, workers: 2 },
  { memoryMb: 3538, processors: 6, workers: 2 },
  { memoryMb: 10_240, processors: 6, workers: 6 },
  { memoryMb: 10_240, processors: 2, workers: 2 },
  { memoryMb: 20_000, processors: 64, workers: 6 },
])('gives $workers workers to $memoryMb MB on $processors processors', ({ memoryMb, processors, workers }) => {
  expect(workersForMemory(memoryMb, processors)).toBe(workers);
});
