import { Option } from '@commander-js/extra-typings';

/*
 * The options by which a command is pointed at a deployed stack instead of the embedded cloud.
 */

export const awsOption = new Option('--aws', 'work with the deployed stack instead of the embedded cloud');
export const stageOption = new Option('--stage <name>', 'stage of the deployed stack').default('dev');
export const regionOption = new Option('--region <region>', 'AWS region; default: what the AWS configuration says');
export const stateMachineOption = new Option(
  '--state-machine <arn>',
  'the state machine itself; default: that of the stack muster-<stage>',
);
