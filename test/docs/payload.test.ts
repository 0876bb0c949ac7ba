import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { packageRoot } from '../../cli/packageRoot.js';
import { parsePayload } from '../../run/parsePayload.js';
import { payloadSchema } from '../../run/payload.js';

const text = await readFile(join(packageRoot, 'docs', 'payload.md'), 'utf8');

/** The rows of the tables whose columns are those of keys of the payload. */
const documented = new Map(
  [...text.matchAll(/^\| `(\w+)` \| (?<type>[^|]+) \| (?<default>[^|]+) \| [^|]+ \|$/gm)].map(([, key, , fallback]) => [
    key,
    fallback.trim(),
  ]),
);

describe('docs/payload.md', () => {
  it('has every key of the payload and no other', () => {
    expect([...documented.keys()].sort()).toEqual(Object.keys(payloadSchema.shape).sort());
  });

  it('has the defaults that the schema fills in', () => {
    const minimal = { bucket: 'bucket', S3_object_name: 'm', data_prefix: 'd', result_path: 'r' };
    const filled: Record<string, unknown> = parsePayload(minimal);
    for (const [key, value] of Object.entries(filled)) {
      if (key in minimal) continue;
      const written = documented.get(key)?.replaceAll('`', '').replaceAll('"', '');
      expect([key, written]).toEqual([key, typeof value === 'object' ? JSON.stringify(value) : String(value)]);
    }
  });

  it('begins with a payload that is valid', () => {
    const [, example] = /```json\n([\s\S]*?)```/.exec(text) ?? [];
    expect(parsePayload(JSON.parse(example ?? ''))).toMatchObject({ batch_size: 512 });
  });
});

describe('examples/redshift/payload.json', () => {
  it('is valid', async () => {
    const example = await readFile(join(packageRoot, 'examples', 'redshift', 'payload.json'), 'utf8');
    expect(parsePayload(JSON.parse(example))).toMatchObject({
      bucket: 'muster-local',
      collectives: 'auto',
    });
  });
});
