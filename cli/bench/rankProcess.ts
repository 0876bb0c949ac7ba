import { z } from 'zod';
import { Communicator } from '../../collectives/communicator.js';
import { connectCommunicator } from '../../collectives/connectCommunicator.js';
import { MemoryWorld } from '../../collectives/memoryChannel.js';
import type { BenchWorld } from './benchWorld.js';
import { serveRanks } from './rankService.js';

const connectTimeoutMs = 30_000;
const operationTimeoutMs = 120_000;

const meetingSchema = z.discriminatedUnion('channel', [
  z.object({ channel: z.literal('memory'), worldSize: z.int().min(1) }),
  z.object({
    channel: z.literal('relay'),
    url: z.string(),
    token: z.string(),
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
  return [await connectCommunicator({ ...meeting, generation: 0, timeoutMs: connectTimeoutMs, operationTimeoutMs })];
}
