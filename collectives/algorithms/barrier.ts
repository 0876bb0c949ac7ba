import { type Exchange, sentAlready } from './exchange.js';

const nothing = { datatype: 0, bytes: new Uint8Array(0) };

/**
 * Dissemination (Hensgen, Finkel and Manber 1988): in round k every rank signals the one 2^k ahead of it, so after
 * ceil(log2 n) rounds everybody has heard from everybody. For channels without a barrier of their own.
 */
export async function disseminationBarrier(exchange: Exchange): Promise<void> {
  const { rank, worldSize } = exchange;
  for (let distance = 1; distance < worldSize; distance *= 2) {
    const sent = exchange.send((rank + distance) % worldSize, nothing);
    await exchange.receive((rank - distance + worldSize) % worldSize);
    if (sent !== sentAlready) await sent;
  }
}
