import { describe, expect, it } from 'vitest';
import { takesColour } from '../../../cli/terminal/terminal.js';
import { recordingTerminal } from './recordingTerminal.js';

describe('terminal', () => {
  it('answers on stdout and tells about the way there on stderr', () => {
    const { terminal, written } = recordingTerminal();
    terminal.say('the answer');
    terminal.note('on the way');
    terminal.result({ ignored: true });
    expect(written).toEqual({ stdout: 'the answer\n', stderr: 'on the way\n' });
  });

  it('leaves stdout to the one JSON object under --json', () => {
    const { terminal, written } = recordingTerminal({ json: true });
    terminal.say('the answer');
    terminal.raw('data');
    terminal.result({ status: 'SUCCEEDED' });
    expect(written).toEqual({ stdout: '{"status":"SUCCEEDED"}\n', stderr: 'the answer\n' });
  });

  it('refuses a second JSON object', () => {
    const { terminal } = recordingTerminal({ json: true });
    terminal.result({});
    expect(() => terminal.result({})).toThrow('exactly one JSON object');
  });

  it('redraws in place on a terminal that can', () => {
    expect(recordingTerminal({ isTTY: true }).terminal.interactive).toBe(true);
    expect(recordingTerminal({ isTTY: true, environment: { TERM: 'dumb' } }).terminal.interactive).toBe(false);
    expect(recordingTerminal().terminal.interactive).toBe(false);
  });
});

describe('colour', () => {
  const tty = { isTTY: true, write: () => {} };
  const pipe = { isTTY: false, write: () => {} };

  it.each([
    ['a terminal', tty, {}, true],
    ['a pipe', pipe, {}, false],
    ['a dumb terminal', tty, { TERM: 'dumb' }, false],
    ['NO_COLOR', tty, { NO_COLOR: '1' }, false],
    ['an empty NO_COLOR', tty, { NO_COLOR: '' }, true],
    ['FORCE_COLOR into a pipe', pipe, { FORCE_COLOR: '1' }, true],
    ['FORCE_COLOR=0', tty, { FORCE_COLOR: '0' }, false],
    ['NO_COLOR beside FORCE_COLOR', tty, { NO_COLOR: '1', FORCE_COLOR: '1' }, false],
  ])('%s', (_name, stream, environment, expected) => {
    expect(takesColour(stream, environment)).toBe(expected);
  });
});
