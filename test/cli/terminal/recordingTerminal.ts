import { Terminal } from '../../../cli/terminal/terminal.js';

/** A terminal that keeps what is written to it. */
export function recordingTerminal(
  options: { json?: boolean; isTTY?: boolean; environment?: Record<string, string> } = {},
) {
  const written = { stdout: '', stderr: '' };
  const stream = (name: 'stdout' | 'stderr') => ({
    isTTY: options.isTTY ?? false,
    write: (text: string) => {
      written[name] += text;
    },
  });
  const terminal = new Terminal({
    json: options.json ?? false,
    stdout: stream('stdout'),
    stderr: stream('stderr'),
    environment: options.environment ?? {},
  });
  return { terminal, written };
}
