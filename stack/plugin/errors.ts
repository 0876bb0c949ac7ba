import { MusterError } from '../../run/errors.js';

/** `serverless.yml` says what cannot be deployed. */
export class StackSettingError extends MusterError {
  readonly code = 'STACK_SETTING';
  readonly faults: readonly string[];

  constructor(faults: readonly string[]) {
    super(`serverless.yml: ${faults.join('; ')}`, { remedy: 'docs/deploy.md lists the parameters of a deployment.' });
    this.faults = faults;
  }
}
