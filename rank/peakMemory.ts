import { readFile } from 'node:fs/promises';

/**
 * Most memory that this process has held at once, in MiB. Linux counts it as VmHWM; the `maxRSS` of getrusage, which
 * serves elsewhere, survives exec there and may be that of the parent.
 */
export async function peakRssMb(): Promise<number> {
  const status = await readFile('/proc/self/status', 'utf8').catch(() => '');
  const kibibytes = /^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1];
  return (kibibytes === undefined ? process.resourceUsage().maxRSS : Number(kibibytes)) / 1024;
}
