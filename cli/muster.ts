#!/usr/bin/env node
import { runCommandLine } from './program.js';

// A reader that has seen enough (`muster list | head`) is no fault.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
});

await runCommandLine(process.argv);
// Sockets that are kept alive would hold the process.
process.stdout.write('', () => process.exit());
