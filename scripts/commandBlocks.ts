/** A console block of a document that begins with a command of Muster. */
export interface CommandBlock {
  /** The whole block, fences included. */
  readonly block: string;
  readonly args: readonly string[];
  /** What stands under the command. */
  readonly output: string;
}

/** The blocks of a Markdown text that show what a command prints. */
export const commandBlocks = (text: string): CommandBlock[] =>
  [...text.matchAll(/^```console\n\$ muster (.*)\n([\s\S]*?)^```/gm)].map(([block, line, output]) => ({
    block,
    args: line.trim().split(/\s+/),
    output: output.trimEnd(),
  }));
