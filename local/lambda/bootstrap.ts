import { Socket } from 'node:net';
import { type ConsoleContext, type LogFormat, logFault, patchConsole } from './runtime/consoleFormat.js';
import { describeError, RuntimeFault } from './runtime/errorDocument.js';
import { type Handler, loadHandler } from './runtime/handlerLoader.js';
import { type NextInvocation, RuntimeClient } from './runtime/runtimeClient.js';

/*
 * The runtime of the embedded Lambda: the program that every execution environment runs. It loads the handler, then
 * takes one invocation after the other from the Runtime API, as the Node.js runtimes of AWS do.
 */

/** A pipe whose other end only the embedded cloud holds: when it closes, the cloud is gone and nobody else cleans up. */
const lifelineDescriptor = 3;

/** Exit codes of the Node.js runtimes of AWS. */
const exitCodes = { initFailed: 1, unhandledRejection: 128, uncaughtException: 129 } as const;

const logFormat: LogFormat = process.env.AWS_LAMBDA_LOG_FORMAT === 'JSON' ? 'JSON' : 'Text';

function variable(name: string): string {
  const value = process.env[name];
  if (value === undefined) throw new Error(`the environment variable ${name} is missing`);
  return value;
}

function dieWithTheCloud(): void {
  const lifeline = new Socket({ fd: lifelineDescriptor });
  lifeline.on('error', () => undefined);
  lifeline.on('close', () => process.kill(0, 'SIGKILL'));
  lifeline.resume();
  lifeline.unref();
}

function contextOf(headers: NextInvocation['headers'], requestId: string): object {
  const deadlineMs = Number(headers['lambda-runtime-deadline-ms']);
  const clientContext = headers['lambda-runtime-client-context'];
  return {
    awsRequestId: requestId,
    invokedFunctionArn: headers['lambda-runtime-invoked-function-arn'],
    functionName: variable('AWS_LAMBDA_FUNCTION_NAME'),
    functionVersion: variable('AWS_LAMBDA_FUNCTION_VERSION'),
    memoryLimitInMB: variable('AWS_LAMBDA_FUNCTION_MEMORY_SIZE'),
    logGroupName: variable('AWS_LAMBDA_LOG_GROUP_NAME'),
    logStreamName: variable('AWS_LAMBDA_LOG_STREAM_NAME'),
    ...(typeof clientContext === 'string' && { clientContext: JSON.parse(clientContext) }),
    getRemainingTimeInMillis: () => deadlineMs - Date.now(),
  };
}

async function handle(client: RuntimeClient, handler: Handler, next: NextInvocation, requestId: string): Promise<void> {
  let json: string;
  try {
    const result = await handler(JSON.parse(next.event), contextOf(next.headers, requestId));
    json = JSON.stringify(result) ?? 'null';
  } catch (thrown) {
    logFault(logFormat, 'Invoke Error', thrown);
    await client.failInvocation(requestId, describeError(thrown));
    return;
  }
  await client.respond(requestId, json);
}

async function main(): Promise<void> {
  dieWithTheCloud();
  const current: ConsoleContext = { requestId: undefined };
  patchConsole(logFormat, current);
  const client = new RuntimeClient(variable('AWS_LAMBDA_RUNTIME_API'));

  const crash = async (thrown: unknown, exitCode: number): Promise<never> => {
    const document = describeError(thrown);
    logFault(logFormat, 'Uncaught Exception', thrown);
    try {
      if (current.requestId === undefined) await client.failInit(document);
      else await client.failInvocation(current.requestId, document);
    } finally {
      process.exit(exitCode);
    }
  };
  process.on('uncaughtException', (error) => void crash(error, exitCodes.uncaughtException));
  process.on('unhandledRejection', (reason) => {
    const fault = new RuntimeFault('Runtime.UnhandledPromiseRejection', String(reason), { cause: reason });
    if (reason instanceof Error) fault.stack = `${fault.name}: ${reason.stack}`;
    void crash(fault, exitCodes.unhandledRejection);
  });

  let handler: Handler;
  try {
    handler = await loadHandler(variable('LAMBDA_TASK_ROOT'), variable('_HANDLER'));
  } catch (error) {
    return crash(error, exitCodes.initFailed);
  }
  for (;;) {
    const next = await client.next();
    const requestId = next.headers['lambda-runtime-aws-request-id'];
    if (typeof requestId !== 'string') throw new Error('the Runtime API gave an invocation without a request id');
    current.requestId = requestId;
    const traceId = next.headers['lambda-runtime-trace-id'];
    if (typeof traceId === 'string') process.env._X_AMZN_TRACE_ID = traceId;
    await handle(client, handler, next, requestId);
  }
}

await main();
