import { z } from 'zod';

/** Values that a field of an event may have, or a pattern for what is inside of it. */
export type EventPattern = { [field: string]: readonly (string | number | boolean | null)[] | EventPattern };

/**
 * A pattern of EventBridge, as far as it names exact values.
 *
 * Source: Amazon EventBridge User Guide, "Event pattern syntax". Filters such as `{ "prefix": "a" }` are refused.
 */
export const eventPatternSchema: z.ZodType<EventPattern> = z.lazy(() =>
  z.record(
    z.string(),
    z.union([z.array(z.union([z.string(), z.number(), z.boolean(), z.null()])).min(1), eventPatternSchema]),
  ),
);

/** Whether every field that the pattern names has one of the values that it names. */
export function matchesPattern(event: unknown, pattern: EventPattern): boolean {
  if (typeof event !== 'object' || event === null) return false;
  const fields = new Map(Object.entries(event));
  return Object.entries(pattern).every(([field, wanted]) => {
    const value: unknown = fields.get(field);
    return Array.isArray(wanted)
      ? wanted.some((each) => each === value)
      : matchesPattern(value, wanted as EventPattern);
  });
}
