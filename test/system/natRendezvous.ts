import { startRendezvous } from '../../rendezvous/server.js';

// The rendezvous of the NAT test, in a process of its own: says where it is, and ends with its standard input.
const { host, secret }: { host: string; secret: string } = JSON.parse(process.argv[2] ?? '');
const server = await startRendezvous({ host, port: 0, secret });
console.log(server.url);
process.stdin.resume();
process.stdin.once('end', () => void server.close());
