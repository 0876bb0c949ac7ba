import Table from 'cli-table3';
import { Crowd } from '../test/rendezvous/crowd.js';
import { ForkedServer } from '../test/rendezvous/forkedServer.js';

// Members of one group on one server: time for all to join, memory of the server for each, and the time of a barrier.
// The members are spread over eight processes; every one is a connection of its own. Mind `ulimit -n`. They come a few
// hundred a second, as a fan-out starts them, and heartbeats may be late: here all members share the CPUs of one machine.
//
//   npx tsx bench/rendezvousMembers.ts [members ...]          100 1000 10000 by default

const joinsPerSecond = 400;
const limits = { connectionsPerSecond: 100_000, heartbeatMisses: 100, serverHeartbeatMisses: 100 };
const asked = process.argv.slice(2).map(Number);
const table = new Table({
  head: ['members', 'all joined, s', 'server memory, KB a member', 'barrier, ms', 'allreduce of one number, ms'],
  colAligns: ['right', 'right', 'right', 'right', 'right'],
  style: { compact: true },
});
for (const worldSize of asked.length > 0 ? asked : [100, 1000, 10_000]) {
  const server = await ForkedServer.start({ reduces: true, limits });
  const before = await server.residentBytes();
  const crowd = new Crowd(server.url, worldSize, 8, joinsPerSecond);
  const reports = await crowd.reports();
  const memory = (await server.residentBytes()) - before;
  const longest = (read: (report: (typeof reports)[number]) => number) => Math.max(...reports.map(read));
  table.push([
    worldSize,
    (longest(({ joinMs }) => joinMs) / 1000).toFixed(1),
    (memory / 1024 / worldSize).toFixed(1),
    longest(({ barrierMs }) => barrierMs).toFixed(1),
    longest(({ allreduceMs }) => allreduceMs).toFixed(0),
  ]);
  await crowd.depart();
  await server.stop();
}
process.stdout.write(`${table.toString()}\n`);
