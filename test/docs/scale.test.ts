import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { packageRoot } from '../../cli/packageRoot.js';
import { runCommandLine } from '../../cli/program.js';
import { commandBlocks } from '../../scripts/commandBlocks.js';

const blocks = commandBlocks(readFileSync(join(packageRoot, 'docs', 'scale.md'), 'utf8'));

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  process.exitCode = undefined;
});

/** What a command writes to stdout. */
async function outputOf(args: readonly string[]): Promise<string> {
  vi.stubEnv('NO_COLOR', '1');
  let written = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    written += text;
    return true;
  });
  await runCommandLine(['node', 'muster', ...args]);
  return written.trimEnd();
}

describe('docs/scale.md', () => {
  it('shows runs of 1,000, 3,000 and 10,000 ranks', () => {
    const ranks = blocks.map(({ args }) => args[args.indexOf('--ranks') + 1]);
    expect(ranks).toEqual(['1000', '3000', '10000', '10000', '10000']);
  });

  it.each(blocks.map(({ args, output }) => [args.join(' '), args, output] as const))(
    'shows what muster %s prints',
    async (_line, args, output) => {
      expect(await outputOf(args)).toBe(output);
    },
  );
});
