import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { packageRoot } from '../../cli/packageRoot.js';

const read = (...path: string[]) => readFileSync(join(packageRoot, ...path), 'utf8');
const stackFiles = ['serverless.yml', 'stack/bucket.yml', 'stack/rendezvous.yml', 'stack/buckets.cjs'];

it('docs/deploy.md has every parameter of a deployment, with the default that it has', () => {
  const rows = new Map<string, string>();
  for (const [, names, cell] of read('docs', 'deploy.md').matchAll(/^\| (`[^|]+`) \|([^|]*)\|/gm)) {
    const values = cell.trim().split(', ');
    names.split(', ').forEach((name, index) => {
      rows.set(name.replaceAll('`', ''), (values[index] ?? '').replaceAll('`', ''));
    });
  }
  const { params } = z
    .object({ params: z.object({ default: z.record(z.string(), z.union([z.string(), z.number()])) }) })
    .parse(parse(read('serverless.yml')));
  const used = stackFiles.flatMap((file) => [...read(file).matchAll(/param:(\w+)/g)].map(([, name]) => name));
  for (const name of new Set(used)) expect([name, rows.get(name)]).toEqual([name, String(params.default[name] ?? '')]);
});
