import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { packageRoot } from '../../cli/packageRoot.js';
import { runCommandLine } from '../../cli/program.js';
import { commandBlocks } from '../../scripts/commandBlocks.js';

const blocks = commandBlocks(readFileSync(join(packageRoot, 'docs', 'cost.md'), 'utf8'));

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  process.exitCode = undefined;
});

describe('docs/cost.md', () => {
  it.each(blocks.map(({ args, output }) => [args.join(' '), args, output] as const))(
    'shows what muster %s prints',
    async (_line, args, output) => {
      vi.stubEnv('NO_COLOR', '1');
      let written = '';
      vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
        written += text;
        return true;
      });
      await runCommandLine(['node', 'muster', ...args]);
      expect(process.exitCode).toBe(0);
      expect(written.trimEnd()).toBe(output);
    },
  );
});
