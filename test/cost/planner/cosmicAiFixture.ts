import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseExecutionTimes, resultPath } from '../../../cost/planner/cosmicAiPilots.js';

const read = (path: string): string =>
  readFileSync(fileURLToPath(new URL(`../fixtures/cosmicai/${path}`, import.meta.url)), 'utf8');

export const executionTimes = read('total_execution_time.csv');
export const cosmicAiRuns = parseExecutionTimes(executionTimes);
export const cosmicAiResults = cosmicAiRuns
  .filter((run) => existsSync(fileURLToPath(new URL(`../fixtures/cosmicai/${resultPath(run)}`, import.meta.url))))
  .map((run) => ({ run, json: JSON.parse(read(resultPath(run))) as unknown }));
