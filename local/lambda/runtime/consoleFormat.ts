import { format } from 'node:util';
import { describeError } from './errorDocument.js';

const levels = { trace: 'TRACE', debug: 'DEBUG', log: 'INFO', info: 'INFO', warn: 'WARN', error: 'ERROR' } as const;
type Level = (typeof levels)[keyof typeof levels];

export type LogFormat = 'Text' | 'JSON';

/** What the console prefixes to its lines. */
export interface ConsoleContext {
  requestId: string | undefined;
}

/**
 * Makes `console` write as it does in the Node.js runtimes of AWS: `time TAB requestId TAB LEVEL TAB text` or one JSON
 * document a call, always one line, line breaks inside of it as carriage returns.
 */
export function patchConsole(logFormat: LogFormat, context: ConsoleContext): void {
  const render = logFormat === 'JSON' ? renderJson : renderText;
  for (const [method, level] of Object.entries(levels)) {
    Object.defineProperty(console, method, {
      configurable: true,
      writable: true,
      value: (...values: unknown[]) => {
        process.stdout.write(`${render(level, context.requestId, values)}\n`);
      },
    });
  }
}

/** Logs what a handler threw: as one JSON document in either format, under a label in text. */
export function logFault(logFormat: LogFormat, label: string, thrown: unknown): void {
  const { errorType, errorMessage, trace } = describeError(thrown);
  const document =
    logFormat === 'JSON' ? { errorType, errorMessage, stackTrace: trace } : { errorType, errorMessage, stack: trace };
  if (logFormat === 'JSON') console.error(document);
  else console.error('%s \t%s', label, JSON.stringify(document));
}

function renderText(level: Level, requestId: string | undefined, values: readonly unknown[]): string {
  return `${new Date().toISOString()}\t${requestId}\t${level}\t${format(...values)}`.replaceAll('\n', '\r');
}

function renderJson(level: Level, requestId: string | undefined, values: readonly unknown[]): string {
  const head = { timestamp: new Date().toISOString(), level, requestId };
  const [only] = values;
  const text = { ...head, message: format(...values), ...errorFields(values) };
  if (values.length !== 1 || typeof only !== 'object' || only === null || only instanceof Error)
    return JSON.stringify(text);
  try {
    return JSON.stringify({ ...head, message: only });
  } catch {
    return JSON.stringify(text);
  }
}

function errorFields(values: readonly unknown[]): object {
  const error = values.find((value) => value instanceof Error);
  if (!error) return {};
  const { errorType, errorMessage, trace } = describeError(error);
  return { errorType, errorMessage, stackTrace: trace.slice(1).map((line) => line.trim()) };
}
