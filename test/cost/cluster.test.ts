import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { clusterCost, workUsd } from '../../cost/cluster.js';

const { durationsS }: { durationsS: number[] } = JSON.parse(
  readFileSync(new URL('fixtures/slim-gradients.json', import.meta.url), 'utf8'),
);
/** A m4.4xlarge on spot, as SLIM measured with. */
const usdPerHour = 0.2748;

describe("SLIM's 100 gradients", () => {
  it('cost $1.818 where seconds of work alone are paid for', () => {
    expect(workUsd(durationsS, usdPerHour)).toBeCloseTo(1.818, 3);
  });

  it('cost $1.982 on 20 nodes and $2.957 on 100, which are idle for 248.7 minutes', () => {
    const twenty = clusterCost(durationsS, { nodes: 20, usdPerHour });
    expect(twenty.usd).toBeCloseTo(1.982, 3);
    expect(twenty.makespanS).toBeCloseTo(1298.476, 6);
    const hundred = clusterCost(durationsS, { nodes: 100, usdPerHour });
    expect(hundred.usd).toBeCloseTo(2.957, 3);
    expect(hundred.idleS / 60).toBeCloseTo(248.7, 1);
  });
});

describe('any jobs on any cluster', () => {
  const jobs = fc.array(fc.double({ min: 0, max: 1e4, noNaN: true }), { maxLength: 60 });
  const terms = fc.record({ nodes: fc.integer({ min: 1, max: 80 }), usdPerHour: fc.constant(3600) });

  it('take as long as the node with the most work, and are paid for on every node', () => {
    fc.assert(
      fc.property(jobs, terms, (durations, cluster) => {
        const loads = new Array<number>(cluster.nodes).fill(0);
        for (const duration of durations) loads[loads.indexOf(Math.min(...loads))] += duration;
        const { makespanS, idleS, usd } = clusterCost(durations, cluster);
        expect(makespanS).toBeCloseTo(Math.max(...loads), 6);
        expect(usd).toBeCloseTo(cluster.nodes * makespanS, 3);
        expect(idleS).toBeCloseTo(usd - workUsd(durations, cluster.usdPerHour), 3);
      }),
    );
  });

  it('leave one node never idle', () => {
    fc.assert(
      fc.property(jobs, (durations) => {
        expect(clusterCost(durations, { nodes: 1, usdPerHour }).idleS).toBeCloseTo(0, 6);
      }),
    );
  });
});
