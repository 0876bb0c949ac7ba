import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { payloadJsonSchema, payloadSchema } from '../../run/payload.js';

const committed = JSON.parse(readFileSync(new URL('../../run/payload.schema.json', import.meta.url), 'utf8'));

describe('JSON Schema of the payload', () => {
  it('is committed as `tsx scripts/emitSchema.ts` writes it', () => {
    expect(committed).toEqual(JSON.parse(JSON.stringify(payloadJsonSchema())));
  });

  it('describes every key, requires those without default and refuses others', () => {
    expect(Object.keys(committed.properties)).toEqual(Object.keys(payloadSchema.shape));
    for (const property of Object.values<{ description?: string }>(committed.properties)) {
      expect(property.description).toMatch(/\w/);
    }
    expect(committed.required).toEqual(['bucket', 'data_prefix', 'result_path']);
    expect(committed.additionalProperties).toBe(false);
  });

  it('allows numeric strings, as the payload does', () => {
    const branches: { type: string }[] = committed.properties.file_limit.anyOf;
    expect(branches.map(({ type }) => type)).toEqual(['integer', 'string']);
  });
});
