import { count, duration, plural, usd } from '../terminal/quantities.js';
import { type Column, table } from '../terminal/table.js';
import type { Colours } from '../terminal/terminal.js';
import type { Alternatives, OnMachines } from './alternatives.js';

const right = (heading: string): Column => ({ heading, align: 'right' });

/** What the same work would have cost, for people; empty when nothing was asked. */
export function alternativesText(alternatives: Alternatives, colours: Colours): string {
  const { machines, otherMemory } = alternatives;
  if (machines.length === 0 && otherMemory.length === 0) return '';
  const { attempts, workS } = alternatives;
  const heading = `The same work otherwise: ${plural(attempts, 'attempt')}, ${duration(workS * 1000)} of work`;
  const parts = [
    ...machines.map((each) => machinesTable(each, colours)),
    ...(otherMemory.length > 0 ? [memoryTable(alternatives, colours)] : []),
  ];
  return [colours.bold(heading), ...parts].join('\n');
}

function machinesTable({ kind, usdPerHour, workUsd, clusters }: OnMachines, colours: Colours): string {
  const name = kind === 'spot' ? 'spot machines' : 'machines';
  const rows = [
    [`${name} at ${usd(usdPerHour)} an hour, seconds of work alone`, '', '', usd(workUsd)],
    ...clusters.map(({ nodes, makespanS, idleS, usd: amount }) => [
      `${plural(nodes, 'node')} from the first to the last`,
      duration(makespanS * 1000),
      `${(idleS / 60).toFixed(1)} min`,
      usd(amount),
    ]),
  ];
  return table([{ heading: name }, right('time'), right('idle'), right('USD')], rows, colours);
}

function memoryTable({ otherMemory }: Alternatives, colours: Colours): string {
  const rows = otherMemory.map(({ memoryMb, usdSameTime, usdTimeByVcpus, fits }) => [
    `${count(memoryMb)} MB${fits === false ? ', less than was used' : ''}`,
    usd(usdSameTime),
    usd(usdTimeByVcpus),
  ]);
  const columns = [
    { heading: 'Lambda compute at' },
    right('if the time stays, USD'),
    right('if it goes with the vCPUs, USD'),
  ];
  return table(columns, rows, colours);
}
