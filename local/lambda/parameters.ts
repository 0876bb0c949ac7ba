import type { z } from 'zod';
import { InvalidParameterValueError } from './errors.js';

/**
 * Reads the parameters of a request.
 *
 * @throws InvalidParameterValueError listing every fault.
 */
export function parseParameters<Schema extends z.ZodType>(schema: Schema, parameters: unknown): z.output<Schema> {
  const parsed = schema.safeParse(parameters);
  if (parsed.success) return parsed.data;
  throw new InvalidParameterValueError(
    parsed.error.issues.map(({ path, message }) => `${path.join('.') || 'request'}: ${message}`).join('; '),
  );
}
