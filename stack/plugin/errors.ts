import { MusterError } from '../../run/errors.js';

/** `serverless.yml`, or a parameter, says what cannot be deployed. */
export class StackSettingError extends MusterError {
  readonly code = 'STACK_SETTING';
  readonly faults: readonly string[];

  constructor(faults: readonly string[]) {
    super(`The stack cannot be packaged: ${faults.join('; ')}`, {
      remedy: 'docs/deploy.md lists the parameters of a deployment.',
    });
    this.faults = faults;
  }
}
