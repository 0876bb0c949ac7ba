import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { EC2Client } from '@aws-sdk/client-ec2';
import { ServiceQuotasClient } from '@aws-sdk/client-service-quotas';
import { SSMClient } from '@aws-sdk/client-ssm';
import { STSClient } from '@aws-sdk/client-sts';
import { type Clients, createClients } from '../cloud/clients.js';
import { defaultStage } from '../cloud/deployedStack.js';
import { type ExitCode, exitCodes } from '../exitCodes.js';
import { packageRoot } from '../packageRoot.js';
import type { Session } from '../session.js';
import { plural } from '../terminal/quantities.js';
import type { Colours } from '../terminal/terminal.js';
import { accountChecks } from './accountChecks.js';
import { type Check, type CheckStatus, look, ok } from './check.js';
import { machineChecks } from './machineChecks.js';
import { rendezvousChecks } from './rendezvousChecks.js';
import { stackChecks } from './stackChecks.js';

export interface DoctorOptions {
  readonly aws?: true;
  readonly stage?: string;
  readonly region?: string;
}

/** `muster doctor`: whether everything that runs need is there. */
export async function doctor(session: Session, options: DoctorOptions): Promise<ExitCode> {
  const { terminal, directory } = session;
  const checks = options.aws ? await deploymentChecks(options) : await machineChecks(directory, packageRoot);
  for (const check of checks) terminal.say(checkLines(check, terminal.colours));
  const count = (status: CheckStatus) => checks.filter((check) => check.status === status).length;
  const verdict = count('failed') > 0 ? 'failed' : count('warning') > 0 ? 'warning' : 'ok';
  terminal.say(
    `\n${plural(checks.length, 'check')}: ${count('ok')} ok, ${plural(count('warning'), 'warning')}, ${count('failed')} failed.`,
  );
  terminal.result({ status: verdict, checks });
  return verdict === 'failed' ? exitCodes.failure : exitCodes.success;
}

async function deploymentChecks(options: DoctorOptions): Promise<Check[]> {
  const clients = createClients({ region: options.region });
  let region: string | undefined;
  const found = await look('region', 'Name one with --region or AWS_REGION.', async () => {
    region = await clients.sfn.config.region();
    return ok('region', region);
  });
  try {
    // Without a region, and then without credentials, nothing else can be asked.
    return region === undefined ? [found] : [found, ...(await regionChecks(clients, region, options.stage))];
  } finally {
    clients.destroy();
  }
}

async function regionChecks(clients: Clients, region: string, stage = defaultStage): Promise<Check[]> {
  const others = {
    sts: new STSClient({ region }),
    quotas: new ServiceQuotasClient({ region, maxAttempts: 2 }),
    cloudFormation: new CloudFormationClient({ region }),
    ec2: new EC2Client({ region }),
    ssm: new SSMClient({ region }),
  };
  try {
    const account = await accountChecks({ ...others, lambda: clients.lambda });
    if (account[0].status === 'failed') return account.slice(0, 1);
    const { checks, stack } = await stackChecks({ ...clients, ...others }, { stage, region, packageRoot });
    return [...account, ...checks, ...(stack ? await rendezvousChecks(others, stack) : [])];
  } finally {
    for (const client of Object.values(others)) client.destroy();
  }
}

const signs: Readonly<Record<CheckStatus, readonly [text: string, colour: 'green' | 'yellow' | 'red']>> = {
  ok: ['ok     ', 'green'],
  warning: ['warning', 'yellow'],
  failed: ['failed ', 'red'],
};

function checkLines({ name, status, found, remedy }: Check, colours: Colours): string {
  const [text, colour] = signs[status];
  const line = `${colours[colour](text)}  ${name.padEnd(22)}  ${found}`;
  return remedy === undefined ? line : `${line}\n${' '.repeat(33)}${remedy}`;
}
