import { S3Client } from '@aws-sdk/client-s3';
import { z } from 'zod';
import { Communicator } from '../../collectives/communicator.js';
import { connectCommunicator } from '../../collectives/connectCommunicator.js';
import { MemoryWorld } from '../../collectives/memoryChannel.js';
import { StorageChannel } from '../../collectives/storage/storageChannel.js';
import { ObjectFolder } from '../../storage/objectFolder.js';
import { ObjectStore } from '../../storage/objectStore.js';
import type { BenchWorld } from './benchWorld.js';
import { serveRanks } from './rankService.js';

const connectTimeoutMs = 30_000;
const operationTimeoutMs = 120_000;

const directSchema = z.object({ pollMs: z.number().min(0).optional(), plainSockets: z.boolean().optional() });

/** How ranks use their direct links. */
export type DirectOptions = z.infer<typeof directSchema>;

const meetingSchema = z.discriminatedUnion('channel', [
  z.object({ channel: z.literal('memory'), worldSize: z.int().min(1) }),
  z.object({
    channel: z.enum(['relay', 'direct']),
    url: z.string(),
    token: z.string(),
    runId: z.string(),
    rank: z.int().min(0),
    worldSize: z.int().min(1),
    ...directSchema.shape,
  }),
  z.object({
    channel: z.literal('storage'),
    endpoint: z.string(),
    region: z.string(),
    credentials: z.object({ accessKeyId: z.string(), secretAccessKey: z.string() }),
    bucket: z.string(),
    runId: z.string(),
    rank: z.int().min(0),
    worldSize: z.int().min(1),
  }),
]);

/** Where a rank process meets the others. */
export type BenchMeeting = z.infer<typeof meetingSchema>;

const meeting = meetingSchema.parse(JSON.parse(process.argv[2] ?? ''));
serveRanks(() => join(meeting));

async function join(meeting: BenchMeeting): Promise<readonly BenchWorld[]> {
  if (meeting.channel === 'memory') {
    return new MemoryWorld(meeting.worldSize).channels.map((channel) => new Communicator(channel));
  }
  if (meeting.channel === 'storage') return [await joinByStorage(meeting)];
  return [await connectCommunicator({ ...meeting, generation: 0, timeoutMs: connectTimeoutMs, operationTimeoutMs })];
}

async function joinByStorage(meeting: Extract<BenchMeeting, { channel: 'storage' }>): Promise<BenchWorld> {
  const { endpoint, region, credentials, bucket, runId } = meeting;
  const folder = () => {
    const client = new S3Client({ endpoint, region, credentials, forcePathStyle: true });
    return new ObjectFolder(new ObjectStore(client), bucket, `${runId}/channel/`);
  };
  const exchanges = { exchange: folder(), presenceExchange: folder() };
  const options = { ...meeting, ...exchanges, generation: 0, timeoutMs: connectTimeoutMs };
  return new Communicator(await StorageChannel.connect(options), { operationTimeoutMs });
}
