import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { systemCallLibrary } from '../../scripts/nativeFiles.js';

const built = (name: string) => fileURLToPath(new URL(`../../dist/functions/${name}`, import.meta.url));
const handlers = ['initialize', 'executor', 'aggregate', 'release', 'rendezvous'];
const MIB = 1024 * 1024;

/** What runs; the source maps that lie beside it only name lines. */
const code = (name: string) =>
  readdirSync(built(name), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.endsWith('.map'))
    .map((entry) => relative(built(name), join(entry.parentPath, entry.name)))
    .sort();
const sizeOf = (name: string) => code(name).reduce((sum, file) => sum + statSync(join(built(name), file)).size, 0);

const lambdaEnvironment = {
  AWS_REGION: 'us-east-1',
  AWS_LAMBDA_FUNCTION_NAME: 'function',
  AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '1769',
  MUSTER_EXECUTOR_FUNCTION: 'executor',
  MUSTER_EXECUTOR_MEMORY_MB: '1769',
  MUSTER_EPHEMERAL_STORAGE_MB: '512',
  MUSTER_REPORT_TIMEOUT_MS: '0',
};

describe('the server of a rendezvous host', () => {
  it('is one module under 3 MiB that runs where there are no packages', () => {
    const folder = mkdtempSync(join(tmpdir(), 'muster-host-'));
    const server = join(folder, 'server.mjs');
    cpSync(fileURLToPath(new URL('../../dist/host/server.mjs', import.meta.url)), server);
    expect(statSync(server).size).toBeLessThan(3 * MIB);
    const help = execFileSync(process.execPath, [server, 'rendezvous', '--help'], { cwd: folder, encoding: 'utf8' });
    rmSync(folder, { recursive: true });
    expect(help).toContain('--stop-when-idle');
  });
});

describe('the built functions', () => {
  it.each(handlers.filter((name) => name !== 'executor'))('%s is one module under 3 MiB', (name) => {
    expect(code(name)).toEqual(['index.mjs']);
    expect(sizeOf(name)).toBeLessThan(3 * MIB);
  });

  it('executor is two modules, the inference runtime and koffi for one processor, under 50 MiB', async () => {
    const native = code('executor').filter((file) => !file.endsWith('.mjs'));
    const koffi = await systemCallLibrary({
      platform: process.platform === 'darwin' ? 'darwin' : 'linux',
      architecture: process.arch === 'arm64' ? 'arm64' : 'x64',
    });
    expect(code('executor').filter((file) => file.endsWith('.mjs'))).toEqual(['index.mjs', 'inferenceWorker.mjs']);
    expect(native).toEqual([
      expect.stringMatching(/^libonnxruntime\./),
      ...koffi.files.map(({ path }) => path).sort(),
      'onnxruntime_binding.node',
    ]);
    expect(sizeOf('executor')).toBeLessThan(50 * MIB);
  });

  it.each(handlers)('%s loads where there are no packages but its own', (name) => {
    const task = mkdtempSync(join(tmpdir(), 'muster-task-'));
    for (const file of code(name)) cpSync(join(built(name), file), join(task, file), { recursive: true });
    const script = `import('./index.mjs').then(({ handler }) => console.log(typeof handler))`;
    const said = execFileSync(process.execPath, ['--no-warnings', '-e', script], {
      cwd: task,
      env: lambdaEnvironment,
      encoding: 'utf8',
    });
    rmSync(task, { recursive: true });
    expect(said.trim()).toBe('function');
  });
});
