import { z } from 'zod';
import { releaseRank } from '../job/releaseRank.js';
import { createS3Client } from '../storage/clients.js';
import { ObjectStore } from '../storage/objectStore.js';
import { readEnvironment, rendezvousAccess } from './environment.js';
import { parseEvent } from './event.js';
import { createLogger } from './logger.js';

const eventSchema = z.object({
  runId: z.string().min(1),
  bucket: z.string().min(1),
  resultPrefix: z.string().min(1),
  rank: z.int().min(0).optional(),
  attempts: z.int().min(1).optional(),
  error: z.string(),
  cause: z.string(),
});

const s3 = createS3Client();
const logger = createLogger('release');

/** Records that a rank, or the whole run, was given up, and frees those who wait for it. */
export async function handler(event: unknown): Promise<{ error: string; cause: string }> {
  return releaseRank(parseEvent(eventSchema, event), {
    store: new ObjectStore(s3),
    rendezvous: rendezvousAccess(readEnvironment()),
    logger,
  });
}
