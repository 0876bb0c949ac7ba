import { z } from 'zod';
import { EventError } from './errors.js';

/**
 * What the state machine sent, checked.
 *
 * @throws EventError naming every field that is missing or wrong.
 */
export function parseEvent<T>(schema: z.ZodType<T>, event: unknown): T {
  const result = schema.safeParse(event);
  if (result.success) return result.data;
  throw new EventError(z.prettifyError(result.error));
}
