import { InvalidArgumentError, Option } from '@commander-js/extra-typings';
import { integerArgument } from './integerArgument.js';

/*
 * The options of the commands that simulate.
 */

export const fromOption = new Option(
  '--from <paths...>',
  "summary.json files of pilot runs, or a folder of CosmicAI's results, that the model is fitted to",
);
export const seedOption = new Option('--seed <n>', 'of the random numbers').argParser(integerArgument(0)).default(1);
export const replicationsOption = new Option('--replications <n>', 'simulated runs')
  .argParser(integerArgument(20, 10_000))
  .default(100);
export const failureShareOption = new Option(
  '--failure-share <share>',
  'share of attempts at a rank that fail, from 0 to below 1; default: none',
).argParser(shareArgument);

function shareArgument(text: string): number {
  const share = Number(text);
  if (text.trim() !== '' && share >= 0 && share < 1) return share;
  throw new InvalidArgumentError('Expected a share from 0 to below 1, such as 0.02.');
}
