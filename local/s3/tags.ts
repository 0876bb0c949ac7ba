import { z } from 'zod';
import { S3Error } from './errors.js';
import type { Tag } from './store/manifest.js';

const maxTags = 10;
const allowed = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u;
const tagSchema = z.object({ Key: z.string(), Value: z.string() });
const taggingSchema = z.object({
  Tagging: z.object({ TagSet: z.union([z.object({ Tag: z.array(tagSchema).default([]) }), z.literal('')]) }),
});

/** Reads the tags of an `x-amz-tagging` header, which are written like a query. */
export function parseTaggingHeader(header: string | undefined): Tag[] {
  if (header === undefined) return [];
  return requireTags([...new URLSearchParams(header)].map(([key, value]) => ({ key, value })));
}

/** Reads the tags of a `Tagging` document. */
export function parseTaggingDocument(document: unknown): Tag[] {
  const parsed = taggingSchema.safeParse(document);
  if (!parsed.success) throw new S3Error('MalformedXML', { cause: parsed.error });
  const { TagSet } = parsed.data.Tagging;
  const tags = TagSet === '' ? [] : TagSet.Tag;
  return requireTags(tags.map(({ Key, Value }) => ({ key: Key, value: Value })));
}

/** Source: Amazon S3 User Guide, "Categorizing your objects using tags". */
function requireTags(tags: Tag[]): Tag[] {
  if (tags.length > maxTags) {
    throw new S3Error('InvalidTag', { message: `Object tags cannot be greater than ${maxTags}` });
  }
  const keys = new Set<string>();
  for (const { key, value } of tags) {
    const details = { TagKey: key, TagValue: value };
    if (key === '' || key.length > 128 || !allowed.test(key)) {
      throw new S3Error('InvalidTag', { message: 'The TagKey you have provided is invalid', details });
    }
    if (value.length > 256 || !allowed.test(value)) {
      throw new S3Error('InvalidTag', { message: 'The TagValue you have provided is invalid', details });
    }
    if (keys.has(key)) {
      throw new S3Error('InvalidTag', { message: 'Cannot provide multiple Tags with the same key', details });
    }
    keys.add(key);
  }
  return tags;
}
