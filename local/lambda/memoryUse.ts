import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** How often memory is looked at, in milliseconds: reading `/proc` takes microseconds, asking `ps` costs a process. */
export const samplingIntervalMs = process.platform === 'linux' ? 50 : 500;

/**
 * The most bytes that a process has had resident (RSS), its runtime included, as on Lambda.
 *
 * Linux counts the peak itself (`VmHWM`), so no spike between two looks is missed; elsewhere the answer is what is
 * resident now.
 *
 * @returns undefined when the process is gone.
 */
export async function peakResidentBytes(pid: number): Promise<number | undefined> {
  if (process.platform === 'linux') return peakOnLinux(pid);
  try {
    const { stdout } = await run('ps', ['-o', 'rss=', '-p', String(pid)]);
    return Number(stdout.trim()) * 1024;
  } catch {
    return undefined;
  }
}

function peakOnLinux(pid: number): number | undefined {
  let status: string;
  try {
    status = readFileSync(`/proc/${pid}/status`, 'utf8');
  } catch {
    return undefined;
  }
  const kilobytes = /^VmHWM:\s+(\d+) kB/m.exec(status)?.[1];
  return kilobytes === undefined ? undefined : Number(kilobytes) * 1024;
}
