import type { StackState } from './stackState.js';
import type { Secrets } from './stateDirectory.js';

/**
 * What any AWS client needs in its environment to work with the embedded cloud. The region has two names: version 1 of the
 * `aws` command and boto3 read `AWS_DEFAULT_REGION` alone, most other SDKs `AWS_REGION` alone.
 */
export function awsEnvironment(state: StackState, secrets: Secrets): Record<string, string> {
  return {
    AWS_ENDPOINT_URL: state.endpoint,
    AWS_REGION: state.region,
    AWS_DEFAULT_REGION: state.region,
    AWS_ACCESS_KEY_ID: secrets.accessKeyId,
    AWS_SECRET_ACCESS_KEY: secrets.secretAccessKey,
  };
}

/** The same for a shell. None of the values has a character that a shell would read. */
export const exportLines = (state: StackState, secrets: Secrets): string =>
  Object.entries(awsEnvironment(state, secrets))
    .map(([name, value]) => `export ${name}=${value}`)
    .join('\n');

/** The object of `muster up --json`. */
export function upResult(state: StackState, secrets: Secrets): object {
  const { endpoint, region, bucket, rendezvousUrl, stateMachineArn, pid } = state;
  const { accessKeyId, secretAccessKey } = secrets;
  return { endpoint, region, bucket, rendezvousUrl, stateMachineArn, pid, accessKeyId, secretAccessKey };
}
