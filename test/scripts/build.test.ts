import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const built = (name: string) => fileURLToPath(new URL(`../../dist/functions/${name}`, import.meta.url));
const handlers = ['initialize', 'executor', 'aggregate', 'release', 'rendezvous'];
const MIB = 1024 * 1024;

/** What runs; the source maps that lie beside it only name lines. */
const code = (name: string) => readdirSync(built(name)).filter((file) => !file.endsWith('.map'));
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

  it('executor is two modules, the native binding and the runtime for one processor, under 50 MiB', () => {
    const native = code('executor').filter((file) => !file.endsWith('.mjs'));
    expect(code('executor').filter((file) => file.endsWith('.mjs'))).toEqual(['index.mjs', 'inferenceWorker.mjs']);
    expect(native).toEqual([expect.stringMatching(/^libonnxruntime\./), 'onnxruntime_binding.node']);
    expect(sizeOf('executor')).toBeLessThan(50 * MIB);
  });

  it.each(handlers)('%s loads where there are no packages', (name) => {
    const task = mkdtempSync(join(tmpdir(), 'muster-task-'));
    for (const file of code(name)) cpSync(join(built(name), file), join(task, file));
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
