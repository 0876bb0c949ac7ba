import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { BootstrapMissingError } from './errors.js';

/** Where the built runtime lies, seen from the bundled command (`dist/cli/`) and from this source file. */
const candidates = ['../local/bootstrap.mjs', '../../dist/local/bootstrap.mjs'];

/** @throws BootstrapMissingError when the project has not been built. */
export function findBootstrap(): string {
  const paths = candidates.map((candidate) => fileURLToPath(new URL(candidate, import.meta.url)));
  const found = paths.find((path) => existsSync(path));
  if (found === undefined) throw new BootstrapMissingError(paths);
  return found;
}
