#!/usr/bin/env node
import { runCommandLine } from './program.js';

// The SDK tells every process that Node 20 is near its end there; package.json says which versions Muster works with.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';

// A reader that has seen enough (`muster list | head`) is no fault; a command that still works for it is told by its session.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
}

await runCommandLine(process.argv);
// Sockets that are kept alive would hold the process.
process.stdout.write('', () => process.exit());
