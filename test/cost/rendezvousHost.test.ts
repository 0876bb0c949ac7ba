import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { computeBill } from '../../cost/bill.js';
import { defaultPriceTable, pricesOf } from '../../cost/prices.js';
import { hostHourUsd, hostIdleMonthUsd } from '../../cost/rendezvousHost.js';

const read = (name: string) => readFile(fileURLToPath(new URL(`../../${name}`, import.meta.url)), 'utf8');
const { ec2 } = pricesOf(defaultPriceTable, 'us-east-1').prices;
const stackSchema = z.object({
  params: z.object({ default: z.object({ rendezvousInstanceType: z.string(), rendezvousIdle: z.literal('15m') }) }),
  custom: z.object({ rendezvous: z.object({ volumeGb: z.number() }) }),
});

describe('the price of the rendezvous host', () => {
  it('is in docs/deploy.md as the table and serverless.yml give it', async () => {
    const { params, custom } = stackSchema.parse(parse(await read('serverless.yml')));
    const month = hostIdleMonthUsd(ec2, custom.rendezvous.volumeGb);
    const hour = hostHourUsd(ec2, params.default.rendezvousInstanceType);
    const text = await read('docs/deploy.md');
    expect(text).toContain(`| stopped, a month | **$${month.toFixed(2)}**: ${custom.rendezvous.volumeGb} GB of gp3.`);
    expect(text).toContain(`| running, an hour | $${hour.toFixed(4)}: a \`${params.default.rendezvousInstanceType}\``);
    expect(text).toContain(`15 minutes are $${(hour / 4).toFixed(5)}`);
  });

  it.each([
    [{ hours: 0.5 }, 0.5 * 0.0134, 't4g.micro with a public IPv4 address, for the time of the run'],
    [{ hours: 0.5, idleHours: 0.25 }, 0.75 * 0.0134, /run and 15 min until it stops itself$/],
    [{ hours: 1, instanceType: 't4g.small' }, 0.0218, /^t4g\.small with/],
    [{ hours: 1, instanceType: 'c7g.large' }, 0.0134, /^c7g\.large .* at the price of t4g\.micro, the only one known/],
  ])('%j is billed for all the time that the run is the cause of', (rendezvous, usd, note) => {
    const bill = computeBill({
      region: 'us-east-1',
      architecture: 'x86_64',
      pricesTable: defaultPriceTable,
      invocations: [],
      stateTransitions: { standard: 0, basis: 'estimated' },
      s3: { get: 0, put: 0, list: 0, head: 0 },
      rendezvous,
      samples: 0,
      bytes: 0,
    });
    const line = bill.lines.find(({ item }) => item === 'rendezvous-host');
    expect(line?.usd).toBeCloseTo(usd, 10);
    expect(line?.note).toMatch(note);
  });
});
