import { z } from 'zod';
import { serveRanks } from '../../cli/bench/rankService.js';
import { RedisWorld } from './redis/redisWorld.js';
import { TcpRelayWorld } from './tcpRelay/tcpRelayWorld.js';

// One rank of a method that Muster is compared with, in a process of its own.

const meetingSchema = z.discriminatedUnion('method', [
  z.object({
    method: z.literal('redis'),
    port: z.int(),
    rank: z.int(),
    worldSize: z.int(),
    prefix: z.string(),
  }),
  z.object({ method: z.literal('tcp-relay'), port: z.int(), rank: z.int() }),
]);
export type ContenderMeeting = z.infer<typeof meetingSchema>;

const meeting = meetingSchema.parse(JSON.parse(process.argv[2] ?? ''));
serveRanks(async () =>
  meeting.method === 'redis'
    ? [await RedisWorld.connect(meeting)]
    : [await TcpRelayWorld.connect(meeting.port, meeting.rank)],
);
