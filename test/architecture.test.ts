import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

/*
 * The walls of the house (docs/architecture.md): which room may import which. A room that is not named here, and an import
 * that is not allowed here, fail.
 */
const mayImport: Record<string, readonly string[]> = {
  run: [],
  storage: ['run'],
  data: ['run', 'storage'],
  models: ['run'],
  rendezvous: ['run'],
  collectives: ['run', 'rendezvous'],
  cost: ['run'],
  report: ['run', 'cost'],
  sweep: ['run', 'report'],
  rank: ['run', 'storage', 'data', 'models', 'rendezvous', 'collectives'],
  job: ['run', 'storage', 'data', 'rendezvous', 'collectives', 'cost', 'report'],
  functions: ['run', 'storage', 'data', 'models', 'rendezvous', 'collectives', 'cost', 'report', 'rank', 'job'],
  local: ['run'],
  cli: ['run', 'storage', 'data', 'models', 'rendezvous', 'collectives', 'cost', 'report', 'sweep', 'job', 'local'],
};
/** Beside the rooms: what may import anything. */
const outside = ['bench', 'docs', 'examples', 'scripts', 'stack', 'statemachine', 'test'];

const root = fileURLToPath(new URL('..', import.meta.url));

function folders(): string[] {
  const ignored = new Set(['node_modules', 'dist', ...outside]);
  return readdirSync(root, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.') && !ignored.has(entry.name))
    .map(({ name }) => name);
}

function importsOf(file: string): string[] {
  const source = readFileSync(file, 'utf8');
  return [...source.matchAll(/(?:from|import)\s*\(?\s*'(\.[^']+)'/g)].map(([, path]) => resolve(file, '..', path));
}

describe('the rooms', () => {
  it('are all named in the plan of the house', () => {
    expect(folders().sort()).toEqual(Object.keys(mayImport).sort());
  });

  it.each(Object.entries(mayImport))('%s imports only what it may', (room, allowed) => {
    const files = readdirSync(join(root, room), { recursive: true, encoding: 'utf8' })
      .filter((name) => /\.tsx?$/.test(name))
      .map((name) => join(root, room, name));
    expect(files.length).toBeGreaterThan(0);
    const breaches = files.flatMap((file) =>
      importsOf(file)
        .map((target) => relative(root, target))
        .filter((target) => {
          const [neighbour] = target.split('/');
          return target.includes('/') && neighbour !== room && !allowed.includes(neighbour);
        })
        .map((target) => `${relative(root, file)} imports ${target}`),
    );
    expect(breaches).toEqual([]);
  });
});
