import { type LambdaClient, ListFunctionsCommand } from '@aws-sdk/client-lambda';
import { z } from 'zod';

const environmentsSchema = z.object({
  Environments: z.array(
    z.object({
      state: z.string(),
      pid: z.int().optional(),
      requestId: z.string().optional(),
      functionName: z.string(),
    }),
  ),
});
const requestSchema = z.object({
  protocol: z.string(),
  hostname: z.string(),
  port: z.number().optional(),
  path: z.string(),
  method: z.string(),
  headers: z.record(z.string(), z.string()),
});

/** A process of the embedded Lambda that works on a request. */
export interface BusyProcess {
  readonly pid: number;
  readonly requestId: string;
}

/** Which processes of the embedded Lambda work on which requests. Lambda on AWS tells nobody that. */
export async function busyProcesses(lambda: LambdaClient): Promise<BusyProcess[]> {
  // The SDK has no such operation: that of another one is sent to another path, and signed for it.
  const command = new ListFunctionsCommand({});
  command.middlewareStack.add(
    (next) => (args) => {
      Object.assign(args.request as object, { path: '/_muster/environments' });
      return next(args);
    },
    { step: 'build' },
  );
  let answer: unknown;
  command.middlewareStack.add(
    () => async (args) => {
      const { protocol, hostname, port, path, method, headers } = requestSchema.parse(args.request);
      const host = port === undefined ? hostname : `${hostname}:${port}`;
      const response = await fetch(`${protocol}//${host}${path}`, { method, headers });
      answer = await response.json();
      return { response, output: { $metadata: {} } };
    },
    { step: 'deserialize', priority: 'high' },
  );
  await lambda.send(command);
  return environmentsSchema
    .parse(answer)
    .Environments.flatMap(({ state, pid, requestId }) =>
      state === 'busy' && pid !== undefined && requestId !== undefined ? [{ pid, requestId }] : [],
    );
}
