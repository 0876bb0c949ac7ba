import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { NoCollectivesError } from '../../rank/errors.js';
import { GroupLink } from '../../rank/groupLink.js';
import { rendezvousKey } from '../../run/keys.js';
import type { Plan } from '../../run/plan.js';
import { InvalidObjectError, ObjectNotFoundError } from '../../storage/errors.js';
import { type EmbeddedS3, startEmbeddedS3 } from '../embeddedS3.js';
import { sampleMeeting, samplePlan } from '../job/samplePlan.js';

let s3: EmbeddedS3;
beforeAll(async () => {
  s3 = await startEmbeddedS3();
});
afterAll(() => s3.close());

const place = { url: 'ws://127.0.0.1:9', secret: 'a secret of sixteen bytes or more' };
const relayPlan = (runId: string, worldSize = 2): Plan =>
  samplePlan(s3.bucket, {
    runId,
    resultPrefix: `results/${runId}`,
    worldSize,
    collectives: { channel: 'relay', reason: 'test' },
  });

async function communicatorOf(plan: Plan) {
  const deadline = new Date(Date.now() + 30_000);
  const member = { rank: 0, generation: 0, deadline, signal: new AbortController().signal };
  const link = new GroupLink(plan, member, { store: s3.store(), presenceStore: s3.store() });
  try {
    return await link.communicator;
  } finally {
    await link.close();
  }
}

describe('the way of a rank to its group', () => {
  it('begins with what was written before the ranks started', async () => {
    await expect(communicatorOf(relayPlan('unwritten'))).rejects.toThrow(ObjectNotFoundError);
  });

  it('does not lead to the meeting place of another run', async () => {
    const plan = relayPlan('mine');
    await s3.store().putJson(s3.bucket, rendezvousKey(plan.resultPrefix), sampleMeeting('other', place));
    await expect(communicatorOf(plan)).rejects.toThrow(InvalidObjectError);
    await expect(communicatorOf(plan)).rejects.toThrow('it is of run other');
  });

  it('ends where there is no meeting place', async () => {
    const plan = relayPlan('nowhere');
    const meeting = { ...sampleMeeting('nowhere', place), place: null };
    await s3.store().putJson(s3.bucket, rendezvousKey(plan.resultPrefix), meeting);
    await expect(communicatorOf(plan)).rejects.toThrow(NoCollectivesError);
  });

  it('over objects has connections for presence alone', async () => {
    const plan: Plan = { ...relayPlan('objects'), collectives: { channel: 'storage', reason: 'test' } };
    const join = async (rank: number) => {
      const stores = { store: s3.store(), presenceStore: s3.store() };
      const deadline = new Date(Date.now() + 30_000);
      const link = new GroupLink(plan, { rank, generation: 0, deadline, signal: new AbortController().signal }, stores);
      await (await link.communicator).barrier();
      return { link, stores };
    };
    const members = await Promise.all([join(0), join(1)]);
    await Promise.all(members.map(({ link }) => link.close()));
    for (const { stores } of members) {
      // It came, and it left.
      expect(stores.presenceStore.calls.counts).toMatchObject({ put: expect.toSatisfy((puts) => puts >= 2), get: 0 });
    }
    // The roster and two writes of the barrier; the barrier of the other.
    expect(members.map(({ stores }) => stores.store.calls.counts.put)).toEqual([3, 1]);
  });

  it('is none for a rank alone', async () => {
    expect(await communicatorOf(relayPlan('alone', 1))).toMatchObject({ rank: 0, worldSize: 1 });
  });
});
