import { z } from 'zod';
import { FunctionEnvironmentError } from './errors.js';

const whole = z.string().regex(/^\d+$/).transform(Number);

const environmentSchema = z.object({
  AWS_REGION: z.string().min(1),
  AWS_LAMBDA_FUNCTION_NAME: z.string().min(1),
  AWS_LAMBDA_FUNCTION_MEMORY_SIZE: whole,
  MUSTER_EXECUTOR_FUNCTION: z.string().min(1),
  MUSTER_EXECUTOR_MEMORY_MB: whole,
  MUSTER_EPHEMERAL_STORAGE_MB: whole,
  /** How long the aggregate waits for REPORT lines. */
  MUSTER_REPORT_TIMEOUT_MS: whole,
  MUSTER_RENDEZVOUS_URL: z.string().optional(),
  MUSTER_RENDEZVOUS_SECRET: z.string().optional(),
});

/** What the functions are told by serverless.yml. */
export type FunctionEnvironment = z.infer<typeof environmentSchema>;

/** @throws FunctionEnvironmentError naming every variable that is missing or wrong. */
export function readEnvironment(environment: NodeJS.ProcessEnv = process.env): FunctionEnvironment {
  const result = environmentSchema.safeParse(environment);
  if (result.success) return result.data;
  throw new FunctionEnvironmentError(
    result.error.issues.map(({ path, message }) => `${path.join('.')}: ${message.replace(/^Invalid input: /, '')}`),
  );
}

/** Where the ranks meet, if this stack has a rendezvous. */
export function rendezvousAccess(environment: FunctionEnvironment): { url: string; secret: string } | undefined {
  const { MUSTER_RENDEZVOUS_URL: url, MUSTER_RENDEZVOUS_SECRET: secret } = environment;
  return url && secret ? { url, secret } : undefined;
}

/** Node's name of the processor, as Lambda calls it. */
export const lambdaArchitecture = (): string => (process.arch === 'arm64' ? 'arm64' : 'x86_64');
