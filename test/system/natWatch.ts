import { deepEqual } from 'node:assert/strict';
import { Communicator } from '../../collectives/communicator.js';
import { DirectChannel, type DirectChannelOptions } from '../../collectives/direct/directChannel.js';

// One rank of the tests of links: proves its collectives over and over, says how its way to the other rank changes, and
// departs together with the other when the standard input of one of them ends.
const options: DirectChannelOptions = JSON.parse(process.argv[2] ?? '');
const { rank, worldSize } = options;
const channel = await DirectChannel.connect(options);
const world = new Communicator(channel, { operationTimeoutMs: 20_000 });
const other = 1 - rank;

let isAskedToStop = false;
process.stdin.resume();
process.stdin.once('end', () => {
  isAskedToStop = true;
});

let said = '';
let wantToStop = 0;
for (let round = 0; wantToStop === 0; round++) {
  const own = new Float64Array(round % 10 === 0 ? 100_000 : 10).fill(round + rank);
  deepEqual(
    await world.allreduce(own, 'sum'),
    own.map(() => worldSize * round + 1),
  );
  const swapped = await world.sendrecv(Uint32Array.of(rank, round), other, other);
  deepEqual(swapped, Uint32Array.of(other, round));
  const path = channel.paths.get(other);
  const saying = `${path?.kind}${path?.isSettled ? ', settled' : ''}, ${path?.failedLinks} failed`;
  if (saying !== said) console.log(saying);
  said = saying;
  wantToStop = await world.allreduce(isAskedToStop ? 1 : 0, 'sum');
}
await world.close();
