import { DescribeInstancesCommand, type EC2Client } from '@aws-sdk/client-ec2';
import { GetParametersCommand, type SSMClient } from '@aws-sdk/client-ssm';
import { healthFault } from '../../rendezvous/health.js';
import { withPin } from '../../rendezvous/pinnedTls.js';
import type { DescribedStack } from '../cloud/stackOutputs.js';
import { type Check, failed, look, ok, warning } from './check.js';

export interface RendezvousClients {
  readonly ec2: EC2Client;
  readonly ssm: SSMClient;
}

/** Of the server on the host, unless the stack says otherwise. */
const usualPort = 7_171;
const answerTimeoutMs = 5_000;
const deployAgain = 'Deploy the stack again, which makes it anew.';
const fingerprintForm = /^[0-9a-f]{64}$/;

/** The host on which ranks meet: whether it is there, and whether it answers while it runs. */
export async function rendezvousChecks({ ec2, ssm }: RendezvousClients, stack: DescribedStack): Promise<Check[]> {
  const { RendezvousInstanceId: instanceId, RendezvousParameters: parameters, RendezvousPort } = stack.outputs;
  if (instanceId === undefined || parameters === undefined) {
    return [ok('rendezvous', 'the stack has no host of its own; ranks meet elsewhere, or in S3')];
  }
  let address: string | undefined;
  const host = await look('rendezvous', 'Allow yourself ec2:DescribeInstances.', async () => {
    const { Reservations } = await ec2.send(new DescribeInstancesCommand({ InstanceIds: [instanceId] }));
    const instance = Reservations?.[0]?.Instances?.[0];
    const state = instance?.State?.Name;
    if (state === 'running') address = instance?.PublicIpAddress;
    return judgeHost(instanceId, state);
  });
  const published = await look('rendezvous-fingerprint', 'Allow yourself ssm:GetParameters.', async () => {
    const name = `${parameters}/fingerprint`;
    const { Parameters } = await ssm.send(new GetParametersCommand({ Names: [name] }));
    const fingerprint = Parameters?.[0]?.Value ?? '';
    if (!fingerprintForm.test(fingerprint)) return judgeFingerprint(name, address !== undefined);
    if (address === undefined)
      return ok('rendezvous-fingerprint', `the host's certificate is ${fingerprint.slice(0, 16)}...`);
    const url = withPin(`wss://${address}:${RendezvousPort ?? usualPort}`, fingerprint);
    return judgeHealth(await healthFault(url, answerTimeoutMs));
  });
  return [host, published];
}

export function judgeHost(instanceId: string, state: string | undefined): Check {
  const name = 'rendezvous';
  switch (state) {
    case 'running':
      return ok(name, `${instanceId} runs, and stops itself when no run needs it`);
    case 'stopped':
    case 'stopping':
    case 'pending':
      return ok(name, `${instanceId} is ${state}; a run starts it when it needs it`);
    default:
      return failed(name, `${instanceId} is ${state ?? 'not there'}.`, deployAgain);
  }
}

function judgeFingerprint(name: string, running: boolean): Check {
  const found = `${name} holds no fingerprint: the host has not made its certificate yet.`;
  return running
    ? warning(
        'rendezvous-fingerprint',
        found,
        'Wait a minute; then look at its console with "aws ec2 get-console-output --latest".',
      )
    : ok('rendezvous-fingerprint', 'the host makes its certificate when a run first needs it');
}

function judgeHealth(fault: string | undefined): Check {
  const name = 'rendezvous-fingerprint';
  if (fault === undefined) return ok(name, 'it answers, with the certificate that is published');
  return failed(
    name,
    `${fault}.`,
    'Look at its console with "aws ec2 get-console-output --latest"; a network may also keep you from its port.',
  );
}
