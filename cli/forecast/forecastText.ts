import type { ConstantName, ForecastConstants } from '../../cost/forecast/constants.js';
import type { Forecast } from '../../cost/forecast/forecastRun.js';
import { bytes, count, duration, figure, plural, usd } from '../terminal/quantities.js';
import { facts, table } from '../terminal/table.js';
import type { Colours } from '../terminal/terminal.js';
import type { PayloadForecast } from './forecastPayload.js';

/** What a forecast says to people. */
export function forecastText(payloadForecast: PayloadForecast, constants: ForecastConstants, colours: Colours): string {
  const { forecast } = payloadForecast;
  return [
    heading(forecast, colours),
    facts(outline(payloadForecast), colours),
    '',
    colours.bold('Time'),
    timeTable(forecast, colours),
    '',
    colours.bold(
      `Bill (${forecast.bill.region}, ${forecast.bill.architecture}, prices of ${forecast.bill.pricesAsOf})`,
    ),
    billTable(forecast, colours),
    ...forecast.bill.notes.map((note) => colours.dim(`  ${note}`)),
    '',
    colours.bold('Reckoned with'),
    ...constantLines(constants).map((line) => colours.dim(line)),
  ].join('\n');
}

const seconds = (value: number): string => duration(value * 1000);

function heading(
  { worldSize, partitions, bytes: total, samples, memoryMb, vcpus }: Forecast,
  colours: Colours,
): string {
  const work = `${plural(partitions, 'partition')}, ${bytes(total)}, ${count(samples)} samples`;
  const size = `${count(memoryMb)} MB, ${figure(vcpus)} vCPU`;
  return colours.bold(`Forecast: ${plural(worldSize, 'rank')} (${size} each), ${work}`);
}

function outline({ forecast, collectives, concurrencyLimit }: PayloadForecast): [name: string, value: string][] {
  const { worldSize, concurrency, waitingRanks, rampS } = forecast;
  const waiting = waitingRanks > 0 ? `; ${count(waitingRanks)} ranks wait for an executor that is free again` : '';
  return [
    [
      'at once',
      `${count(Math.min(worldSize, concurrency))} of ${plural(worldSize, 'rank')}${waiting} (${concurrencyLimit})`,
    ],
    ['ramp-up', `the last executor starts after ${seconds(rampS)}`],
    ['collectives', `${collectives.channel}: ${collectives.reason}`],
  ];
}

function timeTable({ stagesS, rank, slowestRankS, longestExecutorS, wallS }: Forecast, colours: Colours): string {
  const rows: [string, string, string][] = [
    ['Initialize', seconds(stagesS.initialize), 'lists the partitions, writes the plan'],
    ['Rendezvous', seconds(stagesS.rendezvous), 'until its host answers'],
    [
      'Ranks',
      seconds(stagesS.ranks),
      `from the first start to the last end; the slowest takes ${seconds(slowestRankS)}`,
    ],
    ['  one rank', seconds(rank.totalS), 'with nothing unusual about it, its process started, nobody to wait for'],
    ['    S3 calls', seconds(rank.callsS), 'one after the other'],
    ['    program', seconds(rank.programStartS), 'its start'],
    ['    model', seconds(rank.modelS), ''],
    [
      '    work',
      seconds(rank.workS),
      `download ${seconds(rank.downloadS)} beside inference ${seconds(rank.inferenceS)}`,
    ],
    ['  one executor', seconds(longestExecutorS), 'at the longest, what it waits for others included'],
    ['Aggregate', seconds(stagesS.aggregate), 'reads what the ranks wrote, waits for the REPORT lines'],
    [colours.bold('all of it'), colours.bold(seconds(wallS)), ''],
  ];
  const shown = rows
    .filter(([name]) => name !== 'Rendezvous' || stagesS.rendezvous > 0)
    .filter(([name]) => name !== '    program' || rank.programStartS > 0);
  return table([{ heading: 'stage' }, { heading: 'time', align: 'right' }, { heading: '' }], shown, colours);
}

function billTable({ bill, worldSize }: Forecast, colours: Colours): string {
  const rows = bill.lines
    .filter((line) => line.usd > 0)
    .map((line) => [line.description, `${figure(line.quantity)} ${line.unit}`, usd(line.usd)]);
  rows.push([colours.bold('total'), `${usd(bill.totalUsd / worldSize)} a rank`, colours.bold(usd(bill.totalUsd))]);
  return table(
    [{ heading: 'item' }, { heading: 'quantity', align: 'right' }, { heading: 'USD', align: 'right' }],
    rows,
    colours,
  );
}

/** Those that are likely to be otherwise, with where they come from. */
const told: readonly ConstantName[] = [
  'newExecutorsPerTenS',
  'coldStartS',
  'downloadBytesPerS',
  'samplesPerVcpuS',
  'stragglerSigma',
  'reportLagS',
];

const constantLines = (constants: ForecastConstants): string[] =>
  told.map((name) => {
    const { value, unit, source } = constants[name];
    return `  ${name} = ${figure(value)}${unit === '' ? '' : ` ${unit}`}: ${source}`;
  });
