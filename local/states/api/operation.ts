import { z } from 'zod';
import type { StatesArns } from '../arns.js';
import type { TaskResources } from '../asl/taskResources.js';
import { complaintsOf } from '../asl/zodIssues.js';
import type { ExecutionEngine } from '../engine/executionEngine.js';
import type { MapRuns } from '../engine/mapRuns.js';
import { StatesApiError } from '../errors.js';
import type { ExecutionStore } from '../store/executionStore.js';
import type { MapRunStore } from '../store/mapRunStore.js';
import type { StateMachineStore } from '../store/stateMachineStore.js';

/** What operations work on. */
export interface ServiceParts {
  arns: StatesArns;
  resources: TaskResources;
  stateMachines: StateMachineStore;
  executions: ExecutionStore;
  mapRunRecords: MapRunStore;
  mapRuns: MapRuns;
  engine: ExecutionEngine;
}

/** An operation of the API: takes a request's JSON, gives the answer's. */
export type Operation = (input: unknown, parts: ServiceParts) => Promise<object>;

/** An operation that checks its input first. A member that it does not know is refused, not ignored. */
export function operation<Input>(
  schema: z.ZodType<Input>,
  run: (input: Input, parts: ServiceParts) => Promise<object> | object,
): Operation {
  return async (input, parts) => {
    const parsed = schema.safeParse(input);
    if (parsed.success) return run(parsed.data, parts);
    const complaints = complaintsOf(parsed.error).map(({ path, message }) => `'${path.join('.')}': ${message}`);
    const count = `${complaints.length} validation error${complaints.length === 1 ? '' : 's'} detected`;
    throw new StatesApiError('ValidationException', `${count}: ${complaints.join('; ')}`);
  };
}

/** Members that page a list: 100 entries where nothing is said, 1,000 at most. */
export const paging = {
  maxResults: z
    .number()
    .int()
    .min(0)
    .max(1_000)
    .default(100)
    .transform((count) => count || 100),
  nextToken: z.string().optional(),
};

export const includedData = { includedData: z.enum(['ALL_DATA', 'METADATA_ONLY']).default('ALL_DATA') };
