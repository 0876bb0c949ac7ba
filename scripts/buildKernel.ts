import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { kernelBytes } from './kernelSource.js';

/* Writes `collectives/kernel/kernelModule.ts`, the compiled reduction kernels. Usage: tsx scripts/buildKernel.ts */

const moduleFile = fileURLToPath(new URL('../collectives/kernel/kernelModule.ts', import.meta.url));
const lines = Buffer.from(await kernelBytes())
  .toString('base64')
  .match(/.{1,110}/g);
writeFileSync(
  moduleFile,
  `/** The WebAssembly of \`scripts/kernelSource.ts\`, in base64, written by \`scripts/buildKernel.ts\`. */
export const kernelModule = [
${(lines ?? []).map((line) => `  '${line}',`).join('\n')}
].join('');
`,
);
