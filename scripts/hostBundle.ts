import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { bundleOptions } from './functionBundle.js';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Bundles the server that a rendezvous host runs into one module. The same sources give the same bytes. */
export async function bundleHostServer(): Promise<Uint8Array> {
  const { outputFiles } = await build({
    ...bundleOptions,
    entryPoints: [join(root, 'cli', 'rendezvous', 'serverModule.ts')],
    outfile: join(root, 'dist', 'host', 'server.mjs'),
    outExtension: {},
    // One file is all that the host fetches.
    sourcemap: false,
  });
  const [server] = outputFiles;
  if (!server) throw new Error('esbuild made no server of cli/rendezvous/serverModule.ts.');
  return server.contents;
}
