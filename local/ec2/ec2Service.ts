import { randomBytes } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { FormValue } from '../query/formParameters.js';
import { QueryError, type QueryOperation, QueryService, readParameters } from '../query/queryService.js';
import type { Credentials } from '../sigv4.js';
import type { XmlChildren } from '../xml.js';

const stateCodes = { pending: 0, running: 16, terminated: 48, stopping: 64, stopped: 80 } as const;

const instanceSchema = z.strictObject({
  id: z.string(),
  state: z.enum(['running', 'stopped', 'terminated']),
  launchTemplateId: z.string(),
  subnetId: z.string(),
  securityGroupIds: z.array(z.string()),
  launchedAt: z.iso.datetime(),
});
type Instance = z.output<typeof instanceSchema>;

const one = z.literal('1', 'must be 1: the embedded EC2 starts one instance at a time');
const runSchema = z.strictObject({
  MinCount: one,
  MaxCount: one,
  LaunchTemplate: z.strictObject({ LaunchTemplateId: z.string(), Version: z.string().optional() }),
  SubnetId: z.string(),
  SecurityGroupId: z.array(z.string()),
  ClientToken: z.string().optional(),
});
const namedSchema = z.strictObject({ InstanceId: z.array(z.string()).min(1) });

export interface Ec2ServiceOptions {
  readonly directory: string;
  readonly credentials: Credentials;
  readonly accountId: string;
}

/**
 * The EC2 of the embedded cloud: instances that have states and the address of this machine, and run nothing. It is there
 * so that a whole stack can be deployed; what shall be found on an instance must be started beside it.
 */
export async function openEc2Service({ directory, credentials, accountId }: Ec2ServiceOptions): Promise<QueryService> {
  const instances = await InstanceFile.open(directory);
  const change = async (parameters: Record<string, FormValue>, state: Instance['state']) => {
    const { InstanceId } = readParameters(namedSchema, parameters);
    const items = InstanceId.map((id) => instances.get(id)).map(({ id, state: before }) => ({
      instanceId: id,
      previousState: describeState(before),
      currentState: describeState(state),
    }));
    await instances.setState(InstanceId, state);
    return { instancesSet: { item: items } };
  };
  return new QueryService({
    credentials,
    service: 'ec2',
    namespace: 'http://ec2.amazonaws.com/doc/2016-11-15/',
    dialect: 'ec2',
    operations: new Map<string, QueryOperation>([
      [
        'RunInstances',
        async (parameters) => {
          const { LaunchTemplate, SubnetId, SecurityGroupId } = readParameters(runSchema, parameters);
          const made = await instances.add({
            id: `i-${randomBytes(9).toString('hex').slice(0, 17)}`,
            state: 'running',
            launchTemplateId: LaunchTemplate.LaunchTemplateId,
            subnetId: SubnetId,
            securityGroupIds: SecurityGroupId,
            launchedAt: new Date().toISOString(),
          });
          return {
            reservationId: `r-${made.id.slice(2)}`,
            ownerId: accountId,
            instancesSet: { item: [describe(made)] },
          };
        },
      ],
      [
        'DescribeInstances',
        (parameters) => {
          const { InstanceId } = readParameters(namedSchema.partial(), parameters);
          const found = InstanceId?.map((id) => instances.get(id)) ?? instances.list();
          return {
            reservationSet: {
              item: found.map((each) => ({
                reservationId: `r-${each.id.slice(2)}`,
                ownerId: accountId,
                instancesSet: { item: [describe(each)] },
              })),
            },
          };
        },
      ],
      ['StartInstances', (parameters) => change(parameters, 'running')],
      ['StopInstances', (parameters) => change(parameters, 'stopped')],
      ['TerminateInstances', (parameters) => change(parameters, 'terminated')],
    ]),
  });
}

/** The instances there are and have been, in one file. */
class InstanceFile {
  readonly #path: string;
  #instances: readonly Instance[];
  #written: Promise<void> = Promise.resolve();

  private constructor(path: string, instances: readonly Instance[]) {
    this.#path = path;
    this.#instances = instances;
  }

  static async open(directory: string): Promise<InstanceFile> {
    await mkdir(directory, { recursive: true });
    const path = join(directory, 'instances.json');
    const text = await readFile(path, 'utf8').catch(() => '[]');
    return new InstanceFile(path, z.array(instanceSchema).parse(JSON.parse(text)));
  }

  list(): readonly Instance[] {
    return this.#instances;
  }

  /** @throws QueryError InvalidInstanceID.NotFound */
  get(id: string): Instance {
    const found = this.#instances.find((each) => each.id === id);
    if (found) return found;
    throw new QueryError('InvalidInstanceID.NotFound', `The instance ID '${id}' does not exist`);
  }

  async add(instance: Instance): Promise<Instance> {
    await this.#save([...this.#instances, instance]);
    return instance;
  }

  /** @throws QueryError IncorrectInstanceState */
  async setState(ids: readonly string[], state: Instance['state']): Promise<void> {
    const gone = ids.find((id) => state !== 'terminated' && this.get(id).state === 'terminated');
    if (gone !== undefined) throw new QueryError('IncorrectInstanceState', `The instance '${gone}' is terminated.`);
    await this.#save(this.#instances.map((each) => (ids.includes(each.id) ? { ...each, state } : each)));
  }

  #save(instances: readonly Instance[]): Promise<void> {
    this.#instances = instances;
    this.#written = this.#written.then(async () => {
      await writeFile(`${this.#path}.new`, JSON.stringify(this.#instances));
      await rename(`${this.#path}.new`, this.#path);
    });
    return this.#written;
  }
}

function describe({ id, state, subnetId, launchedAt, securityGroupIds }: Instance): XmlChildren {
  return {
    instanceId: id,
    instanceState: describeState(state),
    instanceType: 't4g.nano',
    architecture: 'arm64',
    subnetId,
    launchTime: launchedAt,
    privateIpAddress: '127.0.0.1',
    ...(state === 'running' && { ipAddress: '127.0.0.1' }),
    groupSet: { item: securityGroupIds.map((groupId) => ({ groupId })) },
  };
}

function describeState(state: keyof typeof stateCodes): XmlChildren {
  return { code: stateCodes[state], name: state };
}
