import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CommanderError, type CommandUnknownOpts } from '@commander-js/extra-typings';
import { describe, expect, it } from 'vitest';
import { packageRoot } from '../../cli/packageRoot.js';
import { createProgram } from '../../cli/program.js';
import { parsePayload } from '../../run/parsePayload.js';

function documents(): string[] {
  const examples = readdirSync(join(packageRoot, 'examples')).map((name) => join('examples', name, 'README.md'));
  const docs = readdirSync(join(packageRoot, 'docs')).filter((name) => name.endsWith('.md'));
  return ['README.md', 'CONTRIBUTING.md', ...docs.map((name) => join('docs', name)), ...examples];
}

/** What stands in the code blocks of a document. */
const codeBlocks = (text: string): string =>
  [...text.matchAll(/^```.*\n([\s\S]*?)^```/gm)].map(([, code]) => code).join('\n');

/** Faults of a command that is named in a sentence, without what it needs to run. */
const isIncomplete = (error: unknown): boolean =>
  error instanceof CommanderError &&
  ['commander.missingArgument', 'commander.missingMandatoryOptionValue'].includes(error.code);

/** The command lines of `muster` in a text, as far as a shell would hand them to it. */
function commandLines(text: string): string[] {
  return [...text.matchAll(/(?:^|[$`(|] ?)muster ([a-z][^\n`|>)&#]*)/gm)].map(([, line]) => line.trim());
}

/** Takes their actions from all commands, nested ones too. */
function performNothing(parent: CommandUnknownOpts): void {
  for (const command of parent.commands) {
    command.copyInheritedSettings(parent);
    if (command.commands.length === 0) command.action(() => {});
    performNothing(command);
  }
}

/** Parses a command line as the command does, and performs nothing. */
async function parse(line: string): Promise<void> {
  const program = createProgram().configureOutput({ writeErr: () => {} });
  performNothing(program);
  const words = line.match(/"[^"]*"|\S+/g) ?? [];
  await program.parseAsync(
    words.map((word) => word.replaceAll('"', '')),
    { from: 'user' },
  );
}

describe('command lines in documents', () => {
  const texts = documents().map((name) => [name, readFileSync(join(packageRoot, name), 'utf8')] as const);
  const blocks = texts.flatMap(([name, text]) => commandLines(codeBlocks(text)).map((line) => [name, line] as const));
  const anywhere = texts.flatMap(([name, text]) => commandLines(text).map((line) => [name, line] as const));

  it('are found', () => {
    expect(blocks.length).toBeGreaterThan(5);
    expect(anywhere.length).toBeGreaterThan(blocks.length);
  });

  it.each(blocks)('%s: muster %s', async (_name, line) => {
    await expect(parse(line)).resolves.toBeUndefined();
  });

  it.each(anywhere)('%s names a command and options that there are: muster %s', async (_name, line) => {
    const fault = await parse(line).catch((error: unknown) => error);
    expect(fault === undefined || isIncomplete(fault)).toBe(true);
  });
});

describe('examples of the help', () => {
  const lines = createProgram().commands.flatMap((command) => {
    let text = '';
    command.configureOutput({ writeOut: (piece) => (text += piece) }).outputHelp();
    return commandLines(text);
  });

  it('are found', () => expect(lines.length).toBeGreaterThan(20));

  it.each(lines)('muster %s', async (line) => {
    await expect(parse(line)).resolves.toBeUndefined();
  });
});

describe('payloads in the README', () => {
  const payloads = [...readFileSync(join(packageRoot, 'README.md'), 'utf8').matchAll(/<<'END'\n([\s\S]*?)\nEND/g)];

  it('are valid', () => {
    expect(payloads.length).toBeGreaterThan(0);
    for (const [, payload] of payloads) expect(() => parsePayload(JSON.parse(payload))).not.toThrow();
  });
});
