import { deepEqual } from 'node:assert/strict';
import { Communicator } from '../../collectives/communicator.js';
import { DirectChannel, type DirectChannelOptions } from '../../collectives/direct/directChannel.js';

// One rank of the NAT test: computes until the ways to all others are settled, proves its collectives, and says which
// ways they took.
const options: DirectChannelOptions = JSON.parse(process.argv[2] ?? '');
const { rank, worldSize } = options;
const channel = await DirectChannel.connect(options);
const world = new Communicator(channel);
const others = Array.from({ length: worldSize }, (_, other) => other).filter((other) => other !== rank);

async function proveCollectives(elements: number): Promise<void> {
  const own = new Float64Array(elements).fill(rank + 1);
  const total = (worldSize * (worldSize + 1)) / 2;
  deepEqual(
    await world.allreduce(own, 'sum'),
    own.map(() => total),
  );
  deepEqual(
    await world.bcast(rank === 0 ? own : undefined, 0),
    own.map(() => 1),
  );
  const gathered = await world.gather(own, 0);
  if (rank === 0)
    deepEqual(
      gathered?.map((part) => part.at(-1)),
      Array.from({ length: worldSize }, (_, from) => from + 1),
    );
}

let settled = 0;
const beganMs = performance.now();
while (settled < worldSize) {
  await proveCollectives(100);
  await Promise.all(others.map((other) => world.send(own(other), other)));
  for (const other of others) deepEqual(await world.recv(other), own(rank));
  const isSettled = others.every((other) => channel.paths.get(other)?.isSettled);
  settled = await world.allreduce(isSettled ? 1 : 0, 'sum');
}
const settledMs = performance.now() - beganMs;
for (const elements of [1, 10_000, 500_000]) await proveCollectives(elements);
console.log(JSON.stringify({ rank, settledMs, paths: Object.fromEntries(channel.paths) }));
// The way to a rank that has left is no link any more, so nobody leaves before all have said theirs.
await world.barrier();
await world.close();

function own(to: number): Uint8Array {
  return Uint8Array.of(to, worldSize);
}
