import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Programs of the ranks, bundled so that a process starts in a fraction of a second. */
export interface RankPrograms {
  readonly muster: string;
  readonly contender: string;
}

/** Builds the programs into a folder of this package, where their packages are found. */
export async function buildRankPrograms(folder: string): Promise<RankPrograms> {
  await build({
    entryPoints: {
      muster: join(root, 'cli', 'bench', 'rankProcess.ts'),
      contender: join(root, 'bench', 'collectives', 'contenderRank.ts'),
    },
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    packages: 'external',
    outExtension: { '.js': '.mjs' },
    outdir: folder,
    logLevel: 'warning',
  });
  return { muster: join(folder, 'muster.mjs'), contender: join(folder, 'contender.mjs') };
}
