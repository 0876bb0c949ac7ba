import { expect, it } from 'vitest';
import { Crowd } from '../rendezvous/crowd.js';
import { ForkedServer } from '../rendezvous/forkedServer.js';

it('1,000 members of one group meet, pass barriers and add up', { timeout: 60_000 }, async () => {
  const worldSize = 1000;
  const server = await ForkedServer.start();
  const crowd = new Crowd(server.url, worldSize, 4);
  try {
    const before = await server.residentBytes();
    const reports = await crowd.reports();
    const expected = (worldSize * (worldSize - 1)) / 2;
    for (const { sums } of reports) expect(sums).toEqual([expected]);
    expect(await server.metric('members')).toBe(worldSize);
    expect(((await server.residentBytes()) - before) / worldSize).toBeLessThan(100_000);
    await crowd.depart();
    expect(await server.metric('lost_total')).toBe(0);
    expect(await server.metric('members')).toBe(0);
  } finally {
    crowd.kill();
    await server.stop();
  }
});
