import { z } from 'zod';
import { parseDurationMs } from '../run/duration.js';
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
  /** Of a server that runs anyway; empty where the stack has a host of its own. */
  MUSTER_RENDEZVOUS_URL: z.string().optional(),
  /** SSM path of what is known of the stack's own host. */
  MUSTER_RENDEZVOUS_PARAMETERS: z.string().optional(),
});

/** What the functions are told by serverless.yml. */
export type FunctionEnvironment = z.infer<typeof environmentSchema>;

/** @throws FunctionEnvironmentError naming every variable that is missing or wrong. */
export function readEnvironment(environment: NodeJS.ProcessEnv = process.env): FunctionEnvironment {
  return parsed(environmentSchema, environment);
}

const runningServerSchema = z
  .object({ MUSTER_RENDEZVOUS_URL: z.string().min(1), MUSTER_RENDEZVOUS_SECRET: z.string().min(1) })
  .transform((set) => ({ url: set.MUSTER_RENDEZVOUS_URL, secret: set.MUSTER_RENDEZVOUS_SECRET }));

const hostSchema = z
  .object({
    MUSTER_RENDEZVOUS_PARAMETERS: z.string().min(1),
    MUSTER_RENDEZVOUS_PORT: whole,
    MUSTER_RENDEZVOUS_INSTANCE_TYPE: z.string().min(1),
    MUSTER_RENDEZVOUS_IDLE: z.string().transform((text, context) => {
      const idleMs = parseDurationMs(text);
      if (idleMs === undefined) context.addIssue(`expected a duration such as 15m, got ${JSON.stringify(text)}`);
      return idleMs ?? z.NEVER;
    }),
  })
  .transform((set) => ({
    parameters: set.MUSTER_RENDEZVOUS_PARAMETERS,
    port: set.MUSTER_RENDEZVOUS_PORT,
    instanceType: set.MUSTER_RENDEZVOUS_INSTANCE_TYPE,
    idleMs: set.MUSTER_RENDEZVOUS_IDLE,
  }));

/**
 * Where the ranks of this stack meet: a server that runs anyway, or a host that is started for them.
 *
 * @throws FunctionEnvironmentError naming every variable that is missing or wrong.
 */
export function readRendezvousEnvironment(environment: NodeJS.ProcessEnv = process.env) {
  return environment.MUSTER_RENDEZVOUS_URL ? parsed(runningServerSchema, environment) : parsed(hostSchema, environment);
}

function parsed<T>(schema: z.ZodType<T>, environment: NodeJS.ProcessEnv): T {
  const result = schema.safeParse(environment);
  if (result.success) return result.data;
  throw new FunctionEnvironmentError(
    result.error.issues.map(({ path, message }) => `${path.join('.')}: ${message.replace(/^Invalid input: /, '')}`),
  );
}

/** Node's name of the processor, as Lambda calls it. */
export const lambdaArchitecture = (): string => (process.arch === 'arm64' ? 'arm64' : 'x86_64');
