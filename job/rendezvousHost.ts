import {
  DescribeInstancesCommand,
  type EC2Client,
  EC2ServiceException,
  type Instance,
  StartInstancesCommand,
} from '@aws-sdk/client-ec2';
import { GetParametersCommand, type SSMClient } from '@aws-sdk/client-ssm';
import { withPin } from '../rendezvous/pinnedTls.js';
import { RendezvousUnavailableError } from './errors.js';
import type { MeetingPlaces, Whereabouts } from './meetingPlaces.js';

export interface RendezvousHostOptions {
  readonly ec2: EC2Client;
  readonly ssm: SSMClient;
  /** SSM path of `instance`, `secret` and `fingerprint`. */
  readonly parameters: string;
  /** Of the server on the host. */
  readonly port: number;
  readonly instanceType: string;
  /** How long the host stays without a run. */
  readonly idleMs: number;
}

const fingerprintForm = /^[0-9a-f]{64}$/;
const deployAgain = 'Deploy the stack again ("npx serverless deploy"), which makes it anew.';

/** Errors of StartInstances that another call a little later does not meet: somebody else has started or is stopping it. */
const passing = new Set(['IncorrectInstanceState', 'IncorrectState']);
const noCapacity = new Set(['InsufficientInstanceCapacity', 'InsufficientHostCapacity', 'Unsupported']);
const notAllowed = new Set(['UnauthorizedOperation', 'AccessDenied', 'AccessDeniedException']);

/** The instance of the stack, which is stopped unless a run needs it. */
export class RendezvousHost implements MeetingPlaces {
  readonly pollMs = 3_000;
  readonly patienceMs = 180_000;
  readonly #options: RendezvousHostOptions;
  #started = false;

  constructor(options: RendezvousHostOptions) {
    this.#options = options;
  }

  async look(): Promise<Whereabouts | { notYet: string }> {
    const { instanceId, secret, fingerprint } = await this.#parameters();
    const instance = await this.#describe(instanceId);
    const state = instance?.State?.Name;
    switch (state) {
      case 'stopped':
        return this.#start(instanceId);
      case 'pending':
      case 'stopping':
        return { notYet: `the instance ${instanceId} is ${state}` };
      case 'running': {
        const address = instance?.PublicIpAddress;
        if (!address) return { notYet: `the instance ${instanceId} has no public address` };
        // A host writes it at its first boot, when it has made its certificate.
        if (!fingerprintForm.test(fingerprint))
          return { notYet: `the instance ${instanceId} has not published the fingerprint of its certificate` };
        const { port, instanceType, idleMs } = this.#options;
        return {
          url: withPin(`wss://${address}:${port}`, fingerprint),
          secret,
          host: { instanceType, idleMs, startedForRun: this.#started },
        };
      }
      default:
        throw new RendezvousUnavailableError(`its instance ${instanceId} is ${state ?? 'not there'}`, {
          remedy: deployAgain,
        });
    }
  }

  /** Read at every look: a new host has a new certificate. */
  async #parameters(): Promise<{ instanceId: string; secret: string; fingerprint: string }> {
    const { ssm, parameters } = this.#options;
    const names = ['instance', 'secret', 'fingerprint'].map((name) => `${parameters}/${name}`);
    const answer = await ssm
      .send(new GetParametersCommand({ Names: names, WithDecryption: true }))
      .catch((error: unknown) => {
        throw refused(error, `ssm:GetParameters on ${parameters}/*`) ?? error;
      });
    const [instanceId, secret, fingerprint] = names.map(
      (name) => answer.Parameters?.find(({ Name }) => Name === name)?.Value,
    );
    if (instanceId && secret && fingerprint) return { instanceId, secret, fingerprint };
    const missing = names.filter((_, index) => ![instanceId, secret, fingerprint][index]);
    throw new RendezvousUnavailableError(`SSM has no parameter ${missing.join(', ')}`, { remedy: deployAgain });
  }

  async #describe(instanceId: string): Promise<Instance | undefined> {
    try {
      const command = new DescribeInstancesCommand({ InstanceIds: [instanceId] });
      return (await this.#options.ec2.send(command)).Reservations?.[0]?.Instances?.[0];
    } catch (error) {
      if (error instanceof EC2ServiceException && error.name === 'InvalidInstanceID.NotFound') return undefined;
      throw refused(error, 'ec2:DescribeInstances') ?? error;
    }
  }

  async #start(instanceId: string): Promise<{ notYet: string }> {
    try {
      await this.#options.ec2.send(new StartInstancesCommand({ InstanceIds: [instanceId] }));
      this.#started = true;
    } catch (error) {
      const name = error instanceof EC2ServiceException ? error.name : '';
      if (noCapacity.has(name)) {
        throw new RendezvousUnavailableError(`EC2 has no ${this.#options.instanceType} free for it (${name})`, {
          remedy:
            'Start the run again later, or deploy with --param rendezvousZone=1 or another rendezvousInstanceType.',
          cause: error,
        });
      }
      if (!passing.has(name)) throw refused(error, `ec2:StartInstances on ${instanceId}`) ?? error;
    }
    return { notYet: `the instance ${instanceId} was told to start` };
  }
}

/** An error of AWS that says that the role may not do this; undefined for any other. */
function refused(error: unknown, permission: string): RendezvousUnavailableError | undefined {
  if (!(error instanceof Error) || !notAllowed.has(error.name)) return undefined;
  return new RendezvousUnavailableError(`the role of this function may not ${permission}`, {
    remedy: 'Deploy the stack again, or allow it.',
    cause: error,
  });
}
