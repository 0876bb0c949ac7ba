import { GetFunctionConcurrencyCommand } from '@aws-sdk/client-lambda';
import { describe, expect, it } from 'vitest';
import { basePayload, initialize, lambda, useSurvey, writtenPlan } from './surveyRun.js';

useSurvey();

describe('initializeRun', () => {
  it('says which channel it picked, and by which figures', async () => {
    const run = await initialize(basePayload());
    const { plan } = await writtenPlan(run.resultPrefix);
    expect(plan.collectives.reason).toMatch(/relay is the quickest .* over direct .* over storage/);
  });

  it('picks by the price when the payload asks for it, and says so', async () => {
    const run = await initialize({ ...basePayload(), collectives_hint: 'cheap' });
    const { plan } = await writtenPlan(run.resultPrefix);
    expect(plan.collectives.reason).toMatch(/is the cheapest .* USD, against .* USD over .* USD over /);
    await expect(initialize({ ...basePayload(), collectives: 'relay', collectives_hint: 'cheap' })).rejects.toThrow(
      'collectives_hint: only "collectives": "auto" takes a hint',
    );
  });

  it.each(['storage', 'auto'])('needs no rendezvous for %s', async (collectives) => {
    const run = await initialize(
      { ...basePayload(), collectives, barrier: true },
      { rendezvousUrl: 'ws://127.0.0.1:9' },
    );
    const { plan } = await writtenPlan(run.resultPrefix);
    expect(plan.collectives.channel).toBe('storage');
    expect(plan.collectives.reason).toContain(collectives === 'auto' ? 'does not answer' : 'meet in S3');
  });

  it('refuses collectives among ranks that can never all be alive, with the numbers', async () => {
    lambda.on(GetFunctionConcurrencyCommand).resolves({ ReservedConcurrentExecutions: 2 });
    await expect(initialize({ ...basePayload(), collectives: 'relay' })).rejects.toThrow(
      '3 ranks can never all be alive at once, because the concurrency reserved for executor is 2',
    );
    const auto = await initialize(basePayload());
    const { plan } = await writtenPlan(auto.resultPrefix);
    expect(plan.collectives).toEqual({ channel: 'none', reason: expect.stringContaining('3 ranks can never') });
  });

  it.each([
    ['relay', undefined],
    ['direct', undefined],
    ['storage', undefined],
    ['auto', true],
  ])('lets one rank begin by itself, whatever it is to talk by (%s)', async (collectives, barrier) => {
    const alone = { ...basePayload(), world_size: 1, collectives, barrier };
    const { resultPrefix, worldSize } = await initialize(alone, { rendezvousUrl: 'ws://127.0.0.1:9' });
    expect(worldSize).toBe(1);
    const { plan } = await writtenPlan(resultPrefix);
    expect(plan.collectives).toEqual({ channel: 'none', reason: 'one rank needs nobody to talk to' });
  });

  it('needs a rendezvous to be found for ranks that meet there, and for no others', async () => {
    expect(await initialize({ ...basePayload(), collectives: 'direct' })).toMatchObject({ needsRendezvous: true });
    for (const apart of [
      { collectives: 'storage' },
      { collectives: 'none' },
      { collectives: 'relay', world_size: 1 },
    ]) {
      expect(await initialize({ ...basePayload(), ...apart })).toMatchObject({ needsRendezvous: false });
    }
  });

  it('does not look for the server of a host that must be started first, but counts the time for it', async () => {
    const withHost = (change: object) =>
      initialize({ ...basePayload(), ...change }, { rendezvousUrl: '', hasRendezvousHost: true });
    const asked = await withHost({ collectives: 'relay' });
    expect(asked.needsRendezvous).toBe(true);
    const { plan } = await writtenPlan(asked.resultPrefix);
    expect(plan.collectives.reason).toContain('the host of the rendezvous is started for them');
    const auto = await withHost({});
    expect(auto.needsRendezvous).toBe(false);
    expect((await writtenPlan(auto.resultPrefix)).plan.collectives).toEqual({
      channel: 'storage',
      reason: expect.stringMatching(/storage is the quickest .* against 45\.1 s .* over relay/),
    });
  });

  it('says what is wrong with the address of the rendezvous', async () => {
    const refused = initialize(
      { ...basePayload(), collectives: 'relay' },
      { rendezvousUrl: 'rendezvous.example:8080' },
    );
    await expect(refused).rejects.toThrow('MUSTER_RENDEZVOUS_URL is "rendezvous.example:8080"; expected ws://');
  });
});
