import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';

/*
 * Names in package-lock.json the packages for other platforms that npm left out because the registry at hand does not have
 * them; without them `npm ci` refuses the file, although it would never install them. Run it after `npm install` where the
 * registry is not complete: npx tsx scripts/completeLock.ts
 */

const packageSchema = z.object({
  license: z.string().optional(),
  engines: z.record(z.string(), z.string()).optional(),
  dev: z.boolean().optional(),
  optionalDependencies: z.record(z.string(), z.string()).optional(),
});

type LockedPackage = z.infer<typeof packageSchema>;

/** Platform packages are called `<name>-<os>-<cpu>` and, on Linux, `-<libc>`. */
const platformPattern = /-(android|darwin|freebsd|linux|openharmony|win32)-([a-z0-9]+)(?:-([a-z0-9]+))?$/;

function platformPackage(name: string, version: string, { license, engines, dev }: LockedPackage): object {
  const platform = platformPattern.exec(name);
  if (!platform) throw new Error(`${name} is missing from the lock file and is not called as a platform package is`);
  const [, os, cpu, abi] = platform;
  const libc = os === 'linux' && abi !== undefined ? { libc: [abi.startsWith('musl') ? 'musl' : 'glibc'] } : {};
  return { version, cpu: [cpu], ...(dev ? { dev } : {}), ...libc, license, optional: true, os: [os], engines };
}

const path = fileURLToPath(new URL('../package-lock.json', import.meta.url));
const lock: { packages: Record<string, object> } = JSON.parse(await readFile(path, 'utf8'));
const added: [string, object][] = [];
for (const locked of Object.values(lock.packages).map((each) => packageSchema.parse(each))) {
  for (const [name, version] of Object.entries(locked.optionalDependencies ?? {})) {
    const key = `node_modules/${name}`;
    if (!(key in lock.packages)) added.push([key, platformPackage(name, version, locked)]);
  }
}
const sorted = [...Object.entries(lock.packages), ...added].sort(([left], [right]) => left.localeCompare(right, 'en'));
await writeFile(path, `${JSON.stringify({ ...lock, packages: Object.fromEntries(sorted) }, null, 2)}\n`);
console.log(`${added.length} packages added`);
