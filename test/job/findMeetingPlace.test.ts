import {
  DescribeInstancesCommand,
  EC2Client,
  EC2ServiceException,
  type InstanceStateName,
  StartInstancesCommand,
} from '@aws-sdk/client-ec2';
import { GetParametersCommand, SSMClient, SSMServiceException } from '@aws-sdk/client-ssm';
import { mockClient } from 'aws-sdk-client-mock';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { RendezvousUnavailableError } from '../../job/errors.js';
import { findMeetingPlace } from '../../job/findMeetingPlace.js';
import { type MeetingPlaces, runningServer } from '../../job/meetingPlaces.js';
import { RendezvousHost } from '../../job/rendezvousHost.js';
import { makeCertificate, type ServerCertificate } from '../../rendezvous/certificate.js';
import { type RendezvousServer, startRendezvous } from '../../rendezvous/server.js';
import { runKeyOf } from '../../rendezvous/token.js';
import { planKey, rendezvousKey } from '../../run/keys.js';
import { type Meeting, meetingSchema } from '../../run/meeting.js';
import type { PayloadInput } from '../../run/payload.js';
import { planSchema } from '../../run/plan.js';
import { type EmbeddedS3, startEmbeddedS3 } from '../embeddedS3.js';
import { samplePlan } from './samplePlan.js';

const secret = 'a secret of sixteen bytes or more';
const instanceId = 'i-0123456789abcdef0';
const parameters = '/muster/test/rendezvous';
const ec2 = mockClient(EC2Client);
const ssm = mockClient(SSMClient);
let s3: EmbeddedS3;
let certificate: ServerCertificate;
let server: RendezvousServer | undefined;
beforeAll(async () => {
  s3 = await startEmbeddedS3();
  certificate = await makeCertificate();
});
afterAll(() => s3.close());
beforeEach(() => {
  ec2.reset();
  ssm.reset();
  ec2.on(StartInstancesCommand).resolves({});
  publish({ instance: instanceId, secret, fingerprint: certificate.fingerprint });
});
afterEach(async () => {
  await server?.close();
  server = undefined;
});

function publish(values: Record<string, string>): void {
  const known = Object.entries(values).map(([name, Value]) => ({ Name: `${parameters}/${name}`, Value }));
  ssm.on(GetParametersCommand).resolves({ Parameters: known });
}

/** What DescribeInstances answers, one state after the other; the last stays. */
function instanceGoesThrough(...states: InstanceStateName[]): void {
  let call = 0;
  ec2.on(DescribeInstancesCommand).callsFake(() => {
    const Name = states[Math.min(call++, states.length - 1)];
    const PublicIpAddress = Name === 'running' ? '127.0.0.1' : undefined;
    return { Reservations: [{ Instances: [{ InstanceId: instanceId, State: { Name }, PublicIpAddress }] }] };
  });
}

const boot = async (shown = certificate) => {
  server = await startRendezvous({ host: '127.0.0.1', port: 0, secret, certificate: shown });
  return Number(new URL(server.url).port);
};

const hostAt = (port: number) =>
  new RendezvousHost({
    ec2: new EC2Client({}),
    ssm: new SSMClient({}),
    parameters,
    port,
    instanceType: 't4g.micro',
    idleMs: 900_000,
  });

/** As the function would; time passes only while it waits. */
async function find(
  places: MeetingPlaces,
  { collectives = 'relay', whileWaiting = async () => {}, timeLeftMs = 400_000 }: FindOptions = {},
) {
  const runId = `run-${Math.random().toString(36).slice(2)}`;
  const resultPrefix = `results/${runId}`;
  const plan = samplePlan(
    s3.bucket,
    { runId, resultPrefix, collectives: { channel: 'relay', reason: 'it is the quickest' } },
    { collectives },
  );
  await s3.store().putJson(s3.bucket, planKey(resultPrefix), plan);
  let waits = 0;
  let leftMs = timeLeftMs;
  const outcome = await findMeetingPlace(
    { runId, bucket: s3.bucket, resultPrefix },
    {
      store: s3.store(),
      places,
      invocation: { functionName: 'rendezvous', requestId: 'request', memoryMb: 512, startedAtMs: 1 },
      timeLeftMs: () => leftMs,
      wait: async (ms) => {
        leftMs -= ms;
        waits++;
        await whileWaiting();
      },
      logger: { info: () => undefined },
    },
  );
  const meeting: Meeting = await s3.store().getJson(s3.bucket, rendezvousKey(resultPrefix), meetingSchema);
  const written = await s3.store().getJson(s3.bucket, planKey(resultPrefix), planSchema);
  return { outcome, meeting, written, waits, runId };
}
interface FindOptions {
  collectives?: PayloadInput['collectives'];
  whileWaiting?: () => Promise<void>;
  timeLeftMs?: number;
}

const starts = () => ec2.commandCalls(StartInstancesCommand).map(({ args: [{ input }] }) => input);

describe('a server that runs anyway', () => {
  it('is where the run meets, with a key that is good for this run alone', async () => {
    await boot();
    const url = server?.url ?? '';
    const { meeting, runId, waits, outcome } = await find(runningServer(url, secret));
    expect(meeting).toMatchObject({ runId, place: { url, key: runKeyOf(secret, runId), host: null } });
    expect(JSON.stringify(meeting)).not.toContain(secret);
    expect(outcome.channel).toBe('relay');
    expect(waits).toBe(0);
  });

  it('that has another secret is no use, and nobody waits for it', async () => {
    await boot();
    const finding = find(runningServer(server?.url ?? '', 'another secret of some length'));
    await expect(finding).rejects.toThrow(/TOKEN_SIGNATURE.*must have the same secret/s);
  });
});

describe('the host of the stack', () => {
  it('is not started when it runs', async () => {
    const port = await boot();
    instanceGoesThrough('running');
    const { meeting, waits } = await find(hostAt(port));
    expect(meeting.place).toMatchObject({
      url: `wss://127.0.0.1:${port}#sha256=${certificate.fingerprint}`,
      host: { instanceType: 't4g.micro', idleMs: 900_000, startedForRun: false },
    });
    expect({ starts: starts(), waits }).toEqual({ starts: [], waits: 0 });
  });

  it('is started when it is stopped, and waited for', async () => {
    const port = await boot();
    instanceGoesThrough('stopped', 'pending', 'pending', 'running');
    const { meeting, waits } = await find(hostAt(port));
    expect(starts()).toEqual([{ InstanceIds: [instanceId] }]);
    expect(meeting.place?.host?.startedForRun).toBe(true);
    expect(waits).toBe(3);
  });

  it('that is stopping is waited for, and then started', async () => {
    const port = await boot();
    instanceGoesThrough('stopping', 'stopping', 'stopped', 'pending', 'running');
    expect((await find(hostAt(port))).waits).toBe(4);
    expect(starts()).toHaveLength(1);
  });

  it('may be started by another run at the same moment', async () => {
    const port = await boot();
    instanceGoesThrough('stopped', 'running');
    const $metadata = {};
    ec2
      .on(StartInstancesCommand)
      .rejects(new EC2ServiceException({ name: 'IncorrectInstanceState', $fault: 'client', $metadata }));
    expect((await find(hostAt(port))).meeting.place?.host?.startedForRun).toBe(false);
  });

  it('that runs is waited for until its server answers', async () => {
    const port = await boot();
    await server?.close();
    instanceGoesThrough('running');
    let waited = 0;
    const { waits } = await find(hostAt(port), {
      whileWaiting: async () => {
        if (++waited === 2) server = await startRendezvous({ host: '127.0.0.1', port, secret, certificate });
      },
    });
    expect(waits).toBe(2);
  });

  it('that has decided to stop for being idle is waited for until it has come up again', async () => {
    const port = await boot();
    instanceGoesThrough('running', 'stopping', 'stopped', 'pending', 'running');
    const old = server;
    const member = old?.drain(60_000);
    await member;
    let waited = 0;
    const { meeting } = await find(hostAt(port), {
      whileWaiting: async () => {
        if (++waited === 3) server = await startRendezvous({ host: '127.0.0.1', port, secret, certificate });
      },
    });
    expect(meeting.place?.host?.startedForRun).toBe(true);
  });

  it('is known by its certificate: while another is published, nothing is sent to it', async () => {
    const port = await boot();
    instanceGoesThrough('running');
    const other = await makeCertificate();
    publish({ instance: instanceId, secret, fingerprint: 'not published yet' });
    const published = ['not published yet', other.fingerprint, certificate.fingerprint];
    const { waits } = await find(hostAt(port), {
      whileWaiting: async () => {
        published.shift();
        publish({ instance: instanceId, secret, fingerprint: published[0] ?? '' });
      },
    });
    expect(waits).toBe(2);
  });
});

describe('a host that cannot be had', () => {
  const failing = (name: string) => new EC2ServiceException({ name, message: 'no', $fault: 'client', $metadata: {} });
  const causes: [string, () => void, RegExp][] = [
    ['was terminated', () => instanceGoesThrough('terminated'), /i-0123456789abcdef0 is terminated.*serverless deploy/],
    [
      'is not there',
      () => ec2.on(DescribeInstancesCommand).rejects(failing('InvalidInstanceID.NotFound')),
      /not there/,
    ],
    [
      'finds no capacity',
      () => {
        instanceGoesThrough('stopped');
        ec2.on(StartInstancesCommand).rejects(failing('InsufficientInstanceCapacity'));
      },
      /no t4g\.micro free.*rendezvousZone/,
    ],
    [
      'may not be started',
      () => {
        instanceGoesThrough('stopped');
        ec2.on(StartInstancesCommand).rejects(failing('UnauthorizedOperation'));
      },
      /may not ec2:StartInstances on i-0123456789abcdef0/,
    ],
    [
      'may not be looked at',
      () => ec2.on(DescribeInstancesCommand).rejects(failing('UnauthorizedOperation')),
      /may not/,
    ],
    [
      'whose parameters may not be read',
      () => {
        const denied = { name: 'AccessDeniedException', message: 'no', $fault: 'client', $metadata: {} } as const;
        ssm.on(GetParametersCommand).rejects(new SSMServiceException(denied));
      },
      /may not ssm:GetParameters on \/muster\/test\/rendezvous/,
    ],
    ['has no secret', () => publish({ instance: instanceId }), /no parameter .*\/secret, .*\/fingerprint/],
    ['never answers', () => instanceGoesThrough('pending'), /after 60 s the instance i-0123456789abcdef0 is pending/],
  ];

  it.each(causes)('because it %s fails a run that asks for it', async (_, arrange, message) => {
    arrange();
    const finding = find(hostAt(9), { timeLeftMs: 60_000 });
    await expect(finding).rejects.toThrow(RendezvousUnavailableError);
    await expect(finding).rejects.toThrow(message);
  });

  it.each(causes)(
    'because it %s sends a run that may choose to S3, and its plan says why',
    async (_, arrange, message) => {
      arrange();
      const { outcome, meeting, written } = await find(hostAt(9), { collectives: 'auto', timeLeftMs: 60_000 });
      expect(outcome.channel).toBe('storage');
      expect(meeting).toMatchObject({ place: null, coordinator: { requestId: 'request' } });
      expect(written.collectives).toEqual({ channel: 'storage', reason: expect.stringMatching(message) });
      expect(written.collectives.reason).toContain('instead of it is the quickest');
    },
  );

  it('costs a run that may choose three minutes at most', async () => {
    instanceGoesThrough('pending');
    const { waits } = await find(hostAt(9), { collectives: 'auto' });
    expect(waits * 3).toBeGreaterThan(120);
    expect(waits * 3).toBeLessThanOrEqual(180);
  });

  it('is not taken for one when AWS itself has a fault, which another attempt may not meet', async () => {
    ec2.on(DescribeInstancesCommand).rejects(failing('InternalError'));
    await expect(find(hostAt(9), { collectives: 'auto' })).rejects.toThrow(EC2ServiceException);
  });
});
