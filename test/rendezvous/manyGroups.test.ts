import { expect, it } from 'vitest';
import { ForkedServer } from './forkedServer.js';
import { memberToken, RawMember } from './rawMember.js';

const groupCount = 1000;
const warmUpGroups = 1800;
const abreast = 20;
const megabyte = 1_048_576;

it('a thousand groups that came and went leave next to nothing', { timeout: 40_000 }, async () => {
  const server = await ForkedServer.start({ limits: { maxGroups: 100 } });
  const comeAndGo = async (runId: string) => {
    const member = await RawMember.join(server.url, memberToken({ runId, worldSize: 1 }));
    member.socket.close(1000);
    await member.closed;
  };
  const generation = async (name: string, count: number) => {
    for (let group = 0; group < count; group += abreast) {
      await Promise.all(Array.from({ length: abreast }, (_, place) => comeAndGo(`${name}-${group + place}`)));
    }
    while ((await server.metric('members')) > 0) await new Promise((resolve) => setImmediate(resolve));
  };
  // Caches of the runtime fill up first.
  await generation('first', warmUpGroups);
  const before = await server.residentBytes();
  await generation('second', groupCount);
  expect((await server.residentBytes()) - before).toBeLessThan(10 * megabyte);
  expect(await server.metric('groups')).toBe(0);
  expect(await server.metric('queued_bytes')).toBe(0);
  expect(await server.metric('admitted_total')).toBe(groupCount + warmUpGroups);
  await server.stop();
});
