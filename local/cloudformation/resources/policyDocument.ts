import { z } from 'zod';

const oneOrMore = z.union([z.string(), z.array(z.string()).min(1)]);

/** A policy in the language of IAM, as far as this project writes it. */
export const policyDocumentSchema = z.strictObject({
  /** Without one it is in the language of 2008, which has no variables. */
  Version: z.enum(['2012-10-17', '2008-10-17']).optional(),
  Statement: z
    .array(
      z.strictObject({
        Sid: z
          .string()
          .regex(/^[A-Za-z0-9]*$/, 'must be letters and digits')
          .optional(),
        Effect: z.enum(['Allow', 'Deny']),
        Principal: z.union([z.literal('*'), z.record(z.string(), oneOrMore)]).optional(),
        Action: oneOrMore,
        Resource: oneOrMore.optional(),
        Condition: z.record(z.string(), z.record(z.string(), z.json())).optional(),
      }),
    )
    .min(1),
});
