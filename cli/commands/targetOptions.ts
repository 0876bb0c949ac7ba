import { Option } from '@commander-js/extra-typings';
import { musterCommand } from '../command.js';

/*
 * The options by which a command is pointed at a deployed stack instead of the embedded cloud.
 */

const heading = 'AWS:';

export const awsOption = new Option('--aws', 'work with the deployed stack instead of the embedded cloud').helpGroup(
  heading,
);
export const stageOption = new Option('--stage <name>', 'stage of the deployed stack')
  .default('dev')
  .helpGroup(heading);
export const regionOption = new Option(
  '--region <region>',
  'AWS region; default: what the AWS configuration says',
).helpGroup(heading);
const stateMachineOption = new Option(
  '--state-machine <arn>',
  'the state machine itself; default: that of the stack muster-<stage>',
).helpGroup(heading);

/** A command for the runs of the embedded cloud or of a deployed stack. */
export const targetCommand = (name: string, description: string) =>
  musterCommand(name, description)
    .addOption(awsOption)
    .addOption(stageOption)
    .addOption(regionOption)
    .addOption(stateMachineOption);
