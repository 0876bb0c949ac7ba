import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** Builds `dist/` once before the tests, because the system tests start the built handlers and the built command. */
export default function setup(): void {
  if (process.env.MUSTER_TEST_SKIP_BUILD === '1') return;
  const root = fileURLToPath(new URL('..', import.meta.url));
  execFileSync(
    process.execPath,
    ['--import', 'tsx', 'scripts/build.ts', ...(process.env.MUSTER_TEST_BUILD?.split(' ') ?? [])],
    { cwd: root, stdio: 'inherit' },
  );
}
