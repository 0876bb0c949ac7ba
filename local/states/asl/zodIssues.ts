import type { z } from 'zod';

/** One complaint of a schema: an unknown field each, where zod has one issue for several. */
export interface Complaint {
  path: PropertyKey[];
  message: string;
}

export function complaintsOf(error: z.ZodError | undefined): Complaint[] {
  return (error?.issues ?? []).flatMap((issue) => {
    if (issue.code !== 'unrecognized_keys') return [{ path: issue.path, message: issue.message }];
    return issue.keys.map((key) => ({ path: [...issue.path, key], message: `Field '${key}' is not supported here` }));
  });
}

/** Hands the complaints of an inner schema to the schema around it. */
export function passOn<Value>(
  error: z.ZodError | undefined,
  ctx: z.core.$RefinementCtx<Value>,
  prefix: readonly PropertyKey[] = [],
): void {
  for (const { path, message } of complaintsOf(error)) {
    ctx.addIssue({ code: 'custom', path: [...prefix, ...path], message });
  }
}
