import { expect, it } from 'vitest';
import { stateAfterLoss } from '../../rendezvous/groupState.js';
import { failurePolicies } from '../../rendezvous/protocol.js';

const broken = { state: 'broken', shrinks: false };

it('a group that was never complete, or is broken, goes on after no loss', () => {
  for (const state of ['forming', 'broken'] as const) {
    for (const policy of failurePolicies) {
      for (const how of ['lost', 'released'] as const) expect(stateAfterLoss(state, policy, how)).toEqual(broken);
    }
  }
});

it('a complete group waits, shrinks or breaks by its policy, and waits for no rank that was given up', () => {
  for (const state of ['formed', 'waiting'] as const) {
    for (const how of ['lost', 'released'] as const) {
      expect(stateAfterLoss(state, 'abort', how)).toEqual(broken);
      expect(stateAfterLoss(state, 'shrink', how)).toEqual({ state, shrinks: true });
    }
    expect(stateAfterLoss(state, 'wait', 'lost')).toEqual({ state: 'waiting', shrinks: false });
    expect(stateAfterLoss(state, 'wait', 'released')).toEqual(broken);
  }
});
