import { existsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { RuntimeFault } from './errorDocument.js';

/** A function handler in its promise form, the only one that nodejs24.x knows. */
export type Handler = (event: unknown, context: object) => unknown;

const extensions = ['.mjs', '.js', '.cjs'];

/**
 * Loads a handler such as `index.handler` or `folder/file.exports.handler` from the folder of a function.
 *
 * @throws RuntimeFault with the error types of the Node.js runtime of AWS.
 */
export async function loadHandler(taskRoot: string, name: string): Promise<Handler> {
  const [moduleName, ...exportPath] = basename(name).split('.');
  if (!moduleName || exportPath.length === 0)
    throw new RuntimeFault('Runtime.MalformedHandlerName', `Bad handler ${name}: expected <file>.<export>`);
  const module = await importModule(taskRoot, join(dirname(name), moduleName));
  const handler = exportPath.reduce<unknown>(
    (value, key) => (isIndexable(value) ? value[key] : undefined),
    exportPath[0] !== undefined && isIndexable(module) && exportPath[0] in module ? module : defaultExport(module),
  );
  if (handler === undefined) throw new RuntimeFault('Runtime.HandlerNotFound', `${name} is undefined or not exported`);
  if (!isHandler(handler)) throw new RuntimeFault('Runtime.HandlerNotFound', `${name} is not a function`);
  if (handler.length > 2)
    throw new RuntimeFault(
      'Runtime.CallbackHandlerDeprecated',
      `${name} takes a callback; Node.js runtimes from 24 on call async handlers of (event, context) only`,
    );
  return handler;
}

async function importModule(taskRoot: string, modulePath: string): Promise<unknown> {
  const tried = extensions.map((extension) => join(taskRoot, `${modulePath}${extension}`));
  const file = tried.find((path) => existsSync(path));
  if (file === undefined)
    throw new RuntimeFault(
      'Runtime.ImportModuleError',
      `Error: Cannot find module '${modulePath}': none of ${tried.join(', ')} exists`,
    );
  try {
    return await import(pathToFileURL(file).href);
  } catch (error) {
    if (error instanceof SyntaxError)
      throw new RuntimeFault('Runtime.UserCodeSyntaxError', String(error), { cause: error });
    if (error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND')
      throw new RuntimeFault('Runtime.ImportModuleError', String(error), { cause: error });
    throw error;
  }
}

/** CommonJS modules carry their exports in `default` when Node cannot name them. */
function defaultExport(module: unknown): unknown {
  return isIndexable(module) ? module.default : undefined;
}

function isIndexable(value: unknown): value is Record<string, unknown> {
  return (typeof value === 'object' && value !== null) || typeof value === 'function';
}

function isHandler(value: unknown): value is Handler {
  return typeof value === 'function';
}
