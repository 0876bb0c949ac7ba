import { examples, musterCommand, perform } from '../command.js';
import { awsOption, regionOption, stageOption } from './targetOptions.js';

export const doctorCommand = () =>
  musterCommand('doctor', 'Check whether everything is there that runs need, and say what to do.')
    .addOption(awsOption)
    .addOption(stageOption)
    .addOption(regionOption)
    .addHelpText(
      'after',
      `${examples('muster doctor', 'muster doctor --aws --stage dev', 'muster doctor --aws --json')}

Without --aws it looks at this machine, with it at the AWS account and the deployed stack. Exit status: 1 if a check failed.`,
    )
    .action((options) =>
      perform(options, async () => {
        const { doctor } = await import('../doctor/doctorCommand.js');
        return (session) => doctor(session, options);
      }),
    );
