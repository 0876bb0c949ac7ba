import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { commandBlocks } from './commandBlocks.js';

/*
 * Writes the output of every `$ muster ...` that stands at the top of a console block of a document under it.
 * Usage: tsx scripts/documentCommands.ts docs/scale.md
 */

const root = fileURLToPath(new URL('..', import.meta.url));
for (const path of process.argv.slice(2)) {
  let text = readFileSync(path, 'utf8');
  for (const { block, args } of commandBlocks(text)) {
    const output = execFileSync(process.execPath, ['--import', 'tsx', 'cli/muster.ts', ...args], {
      cwd: root,
      encoding: 'utf8',
      env: { ...process.env, NO_COLOR: '1' },
    });
    text = text.replace(block, () => `\`\`\`console\n$ muster ${args.join(' ')}\n${output.trimEnd()}\n\`\`\``);
  }
  writeFileSync(path, text);
}
