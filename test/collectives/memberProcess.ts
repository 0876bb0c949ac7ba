import { connectCommunicator } from '../../collectives/connectCommunicator.js';

// One rank in a process of its own, started by the tests. It takes part in one barrier, which an attempt that comes
// later finds done, says so, and then computes allreduces until it is killed.
const options: Parameters<typeof connectCommunicator>[0] = JSON.parse(process.argv[2] ?? '');
const communicator = await connectCommunicator(options);
if (communicator.completedCollectives === 0) await communicator.barrier();
process.send?.('ready');
const data = new Float64Array(50_000).fill(communicator.rank);
for (;;) await communicator.allreduce(data, 'sum');
