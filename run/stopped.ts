import { z } from 'zod';

/** `stopped.json`: the run was stopped, and who still works for it is to end. */
export const stoppedSchema = z.object({ runId: z.string(), cause: z.string(), recordedAtMs: z.number() });
export type Stopped = z.infer<typeof stoppedSchema>;
