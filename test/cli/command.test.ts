import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { packageRoot } from '../../cli/packageRoot.js';
import packageJson from '../../package.json' with { type: 'json' };
import { temporaryFolder } from './temporaryFolder.js';

const entry = join(packageRoot, 'dist', 'cli', 'muster.js');

/** Runs the built command somewhere else than in the package, as its users do. */
async function muster(args: readonly string[], options: { cwd?: string; stdin?: string } = {}) {
  const cwd = options.cwd ?? (await temporaryFolder());
  return new Promise<{ code: number; stdout: string; stderr: string }>((resolve) => {
    const child = execFile(process.execPath, [entry, ...args], { cwd }, (error, stdout, stderr) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr });
    });
    child.stdin?.end(options.stdin ?? '');
  });
}

const commands = [
  'demo',
  'up',
  'down',
  'run',
  'status',
  'stop',
  'logs',
  'list',
  'upload',
  'download',
  'partition',
  'report',
  'import',
];

describe('the command', () => {
  it('names every subcommand and says how to start', async () => {
    const { code, stdout } = await muster(['--help']);
    expect(code).toBe(0);
    for (const command of commands) expect(stdout).toMatch(new RegExp(`^  ${command}\\b`, 'm'));
    expect(stdout).toContain('$ muster demo');
  });

  it.each(commands)('has help with examples for %s', async (command) => {
    const { code, stdout } = await muster([command, '--help']);
    expect(code).toBe(0);
    expect(stdout).toContain(`$ muster ${command}`);
    expect(stdout).toContain('--json');
  });

  it('says its version', async () => {
    expect((await muster(['--version'])).stdout.trim()).toBe(packageJson.version);
  });

  it.each([
    ['an unknown command', ['mustre'], "unknown command 'mustre'"],
    ['an unknown option', ['run', 'payload.json', '--jsn'], "unknown option '--jsn'"],
    ['a missing argument', ['run'], "missing required argument 'payload'"],
    ['a number that is none', ['up', '--port', 'http'], 'Expected a whole number from 0 to 65535'],
    [
      'a partition size given twice',
      ['partition', 'x.pt', '--mb', '1', '--samples', '2', '--out', 'y'],
      '--mb or as --samples',
    ],
    ['an upload to nowhere', ['upload', 'a', 'b'], '"b" is not an S3 address'],
  ])('ends with 2 for %s', async (_name, args, message) => {
    const { code, stdout, stderr } = await muster(args);
    expect(code).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toContain(message);
  });

  it('gives machines one object for wrong usage too', async () => {
    const { code, stdout } = await muster(['run', '--json']);
    expect(code).toBe(2);
    expect(JSON.parse(stdout)).toEqual({ error: { code: 'USAGE', message: "missing required argument 'payload'" } });
  });

  it('lists every fault of a payload before anything starts', async () => {
    const payload = { buckt: 'x', data_prefix: 5, result_path: 'r', batch_size: 0, retries: 99, model: 'm.onnx' };
    const { code, stdout, stderr } = await muster(['run', '-', '--json'], { stdin: JSON.stringify(payload) });
    expect(code).toBe(1);
    for (const key of ['buckt', 'bucket', 'data_prefix', 'batch_size', 'retries'])
      expect(stderr).toContain(`- ${key}:`);
    expect(JSON.parse(stdout)).toMatchObject({ runId: null, status: 'FAILED', error: { code: 'INVALID_PAYLOAD' } });
  });

  it('says which file it cannot read', async () => {
    const cwd = await temporaryFolder();
    await writeFile(join(cwd, 'broken.json'), '{"bucket":');
    expect(await muster(['run', 'nowhere.json'], { cwd })).toMatchObject({ code: 1, stdout: '' });
    const { code, stderr } = await muster(['run', 'broken.json'], { cwd });
    expect(code).toBe(1);
    expect(stderr).toContain('broken.json: expected JSON');
  });

  it('ends no cloud where none runs', async () => {
    const { code, stdout } = await muster(['down', '--json']);
    expect(code).toBe(1);
    expect(JSON.parse(stdout).error.code).toBe('CLOUD_NOT_RUNNING');
  });
});
