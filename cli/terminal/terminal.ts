import pc from 'picocolors';

/** A stream that text is written to; what the terminal needs of `process.stdout`. */
export interface TextStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

export interface TerminalOptions {
  readonly json: boolean;
  readonly stdout: TextStream;
  readonly stderr: TextStream;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

export type Colours = ReturnType<typeof pc.createColors>;

/** Whether a stream takes colours: https://no-color.org, https://force-color.org, and dumb terminals. */
export function takesColour(stream: TextStream, environment: TerminalOptions['environment']): boolean {
  if (environment.NO_COLOR) return false;
  if (environment.FORCE_COLOR) return environment.FORCE_COLOR !== '0';
  return stream.isTTY === true && environment.TERM !== 'dumb';
}

/**
 * Where a command's words go. Answers for people go to stdout, everything about the way there to stderr; under `--json`
 * stdout belongs to the one JSON object and the answers join stderr.
 */
export class Terminal {
  readonly json: boolean;
  readonly stderr: TextStream;
  /** Colours for `say`. */
  readonly colours: Colours;
  /** Colours for `note` and for progress. */
  readonly noteColours: Colours;
  /** Whether progress can be redrawn in place. */
  readonly interactive: boolean;
  readonly #stdout: TextStream;
  #resultWritten = false;

  constructor({ json, stdout, stderr, environment }: TerminalOptions) {
    this.json = json;
    this.#stdout = stdout;
    this.stderr = stderr;
    this.noteColours = pc.createColors(takesColour(stderr, environment));
    this.colours = json ? this.noteColours : pc.createColors(takesColour(stdout, environment));
    this.interactive = stderr.isTTY === true && environment.TERM !== 'dumb';
  }

  /** Writes a line that answers what was asked. */
  say(text = ''): void {
    (this.json ? this.stderr : this.#stdout).write(`${text}\n`);
  }

  /** Writes a line about what is going on. */
  note(text: string): void {
    this.stderr.write(`${text}\n`);
  }

  /** Writes text to stdout as it is, for output that is itself the data; nothing under `--json`. */
  raw(text: string): void {
    if (!this.json) this.#stdout.write(text);
  }

  /** Whether the JSON object has been written. */
  get resultWritten(): boolean {
    return this.#resultWritten;
  }

  /** Writes the JSON object of `--json`, as one line; without `--json` it does nothing. A command has one result. */
  result(object: object): void {
    if (!this.json) return;
    if (this.#resultWritten) throw new Error('a command writes exactly one JSON object');
    this.#resultWritten = true;
    this.#stdout.write(`${JSON.stringify(object)}\n`);
  }
}
