import { z } from 'zod';
import { checksumAlgorithms, checksumSchema, checksumTypes } from '../checksum.js';

/** A run of an object's bytes: one immutable file, which belongs to one manifest only. */
const segmentSchema = z.object({
  /** Name of the file among the blobs. */
  blob: z.string().regex(/^[0-9a-f]{32}$/),
  /** Bytes, more than 0. */
  size: z.int().positive(),
});
export type Segment = z.infer<typeof segmentSchema>;

/** What a client says about an object beside its bytes. */
const descriptionSchema = z.object({
  /** Headers that are kept and returned: lower-case names, values as on the wire. */
  headers: z.record(z.string(), z.string()),
  /** User metadata, without `x-amz-meta-`. */
  metadata: z.record(z.string(), z.string()),
  tags: z.array(z.object({ key: z.string(), value: z.string() })),
});
export type Description = z.infer<typeof descriptionSchema>;
export type Tag = Description['tags'][number];

const partSchema = z.object({
  partNumber: z.int().min(1).max(10_000),
  size: z.int().nonnegative(),
  checksum: checksumSchema.optional(),
});

/** One object: who it is and of which segments its bytes are made, in order. */
export const objectManifestSchema = z.object({
  version: z.literal(1),
  key: z.string().min(1),
  /** Without quotes. */
  etag: z.string(),
  size: z.int().nonnegative(),
  lastModifiedMs: z.number(),
  segments: z.array(segmentSchema),
  description: descriptionSchema,
  checksum: checksumSchema.optional(),
  /** The multipart upload that made the object. */
  multipart: z.object({ uploadId: z.string(), parts: z.array(partSchema) }).optional(),
});
export type ObjectManifest = z.infer<typeof objectManifestSchema>;

/** One uploaded part of a multipart upload. */
export const partManifestSchema = partSchema.extend({
  version: z.literal(1),
  etag: z.string(),
  lastModifiedMs: z.number(),
  segments: z.array(segmentSchema),
});
export type PartManifest = z.infer<typeof partManifestSchema>;

/** A multipart upload that was begun. */
export const uploadManifestSchema = z.object({
  version: z.literal(1),
  uploadId: z.string(),
  key: z.string().min(1),
  initiatedMs: z.number(),
  description: descriptionSchema,
  checksum: z.object({ algorithm: z.enum(checksumAlgorithms), type: z.enum(checksumTypes) }).optional(),
});
export type UploadManifest = z.infer<typeof uploadManifestSchema>;

export const bucketManifestSchema = z.object({
  version: z.literal(1),
  name: z.string(),
  createdMs: z.number(),
  /** Settings as the documents that set them, by the query parameter that names them. */
  configurations: z.record(z.string(), z.string()).optional(),
});
export type BucketManifest = z.infer<typeof bucketManifestSchema>;
