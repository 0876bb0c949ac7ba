import { type ChildProcessByStdio, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { announceRun } from '../../rendezvous/announce.js';
import { healthFault } from '../../rendezvous/health.js';
import { signToken } from '../../rendezvous/token.js';

const run = promisify(execFile);
const path = (name: string) => fileURLToPath(new URL(`../../${name}`, import.meta.url));
const secret = 'a secret that SSM keeps for tests';

let folder: string;
let root: string;
let environment: NodeJS.ProcessEnv;
let parameters: FakeParameters;

/** The part of SSM that the host uses. */
class FakeParameters {
  readonly published: Record<string, string> = {};
  readonly #server: Server;

  constructor() {
    this.#server = createServer(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk);
      const { Name, Value } = JSON.parse(Buffer.concat(chunks).toString());
      const operation = request.headers['x-amz-target'];
      if (operation === 'AmazonSSM.PutParameter') this.published[Name] = Value;
      const known = Name === '/muster/test/rendezvous/secret';
      response.writeHead(operation === 'AmazonSSM.PutParameter' || known ? 200 : 400, {
        'content-type': 'application/x-amz-json-1.1',
      });
      response.end(JSON.stringify(known ? { Parameter: { Name, Value: secret } } : {}));
    });
  }

  async start(): Promise<string> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}

/** Commands of the host that are not here: each writes down how it was called. */
const stubs: Record<string, string> = {
  systemctl: '',
  sysctl: '',
  dnf: `ln -s '${process.execPath}' "$STUBS/node-22"`,
  aws: `[ "$1 $2" = "s3 cp" ] && cp '${path('dist/host/server.mjs')}' "\${@: -1}"`,
};

const calls = async () => (await readFile(join(folder, 'calls'), 'utf8')).trim().split('\n');
const unit = () => readFile(join(root, 'etc/systemd/system/muster-rendezvous.service'), 'utf8');
const fetchScript = () => join(root, 'usr/local/sbin/muster-rendezvous-fetch');

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'muster-host-'));
  root = join(folder, 'root');
  const bin = join(folder, 'bin');
  await mkdir(bin);
  for (const [name, work] of Object.entries(stubs)) {
    await writeFile(join(bin, name), `#!/bin/bash\necho "${name} $*" >> '${join(folder, 'calls')}'\n${work}\n`);
    await chmod(join(bin, name), 0o755);
  }
  parameters = new FakeParameters();
  environment = {
    PATH: `${bin}:/usr/bin:/bin`,
    STUBS: bin,
    AWS_ENDPOINT_URL: await parameters.start(),
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
  };
  const settings = {
    ROOT: root,
    REGION: 'eu-test-1',
    BUNDLE: 's3://deployments/server.mjs',
    PARAMETERS: '/muster/test/rendezvous',
    PORT: '0',
    OBSERVER_PORT: '0',
    IDLE: '3s',
  };
  const script = ['#!/bin/bash', ...Object.entries(settings).map(([name, value]) => `${name}=${value}`)];
  script.push(await readFile(path('stack/rendezvousHost.sh'), 'utf8'));
  await writeFile(join(folder, 'userData'), script.join('\n'));
  await run('bash', [join(folder, 'userData')], { env: environment });
});
afterAll(async () => {
  parameters.close();
  await rm(folder, { recursive: true, force: true });
});

describe('the first boot of the rendezvous host', () => {
  it('sets every variable that its script uses, and none besides', async () => {
    const [, ...userData] = (await readFile(path('stack/rendezvous.yml'), 'utf8')).split('UserData:');
    const set = [...(userData[0] ?? '').matchAll(/^ +- (?:Fn::Sub: )?([A-Z_]+)=/gm)].map(([, name]) => name);
    const used = (await readFile(path('stack/rendezvousHost.sh'), 'utf8')).matchAll(/\$([A-Z_]+)/g);
    expect([...new Set(set)].sort()).toEqual([...new Set([...used].map(([, name]) => name))].sort());
  });

  it('only writes a unit and starts it, so that nothing of it can fail half way', async () => {
    expect(await calls()).toEqual([
      'systemctl daemon-reload',
      'systemctl enable muster-rendezvous.service',
      'systemctl --no-block start muster-rendezvous.service',
    ]);
  });

  it('writes a unit that switches the host off when the server has ended, well or for good', async () => {
    const text = await unit();
    for (const line of ['SuccessAction=poweroff', 'FailureAction=poweroff', 'Restart=on-failure', 'DynamicUser=yes']) {
      expect(text.split('\n')).toContain(line);
    }
    expect(text).toContain('Environment=AWS_REGION=eu-test-1');
  });
});

describe('every start of the host', () => {
  it('fetches the server that was deployed last, and Node where it is missing', async () => {
    await writeFile(join(folder, 'calls'), '');
    await run(fetchScript(), { env: environment });
    await run(fetchScript(), { env: environment });
    const fetched = `aws s3 cp --only-show-errors --region eu-test-1 s3://deployments/server.mjs ${root}/usr/local/lib/muster/server.mjs.new`;
    const queues = 'sysctl --quiet --write net.core.somaxconn=4096 net.ipv4.tcp_max_syn_backlog=4096';
    expect(await calls()).toEqual(['dnf --assumeyes --quiet install nodejs22', fetched, queues, fetched, queues]);
  });

  it('runs the server on all addresses, with the certificate that it publishes, until it is idle', async () => {
    const command = /^ExecStart=(.*)$/m.exec(await unit())?.[1] ?? '';
    expect(command).toContain('--host 0.0.0.0');
    const here = command.replace('--host 0.0.0.0', '--host 127.0.0.1').replace('%S', join(folder, 'state'));
    const server: ChildProcessByStdio<null, Readable, Readable> = spawn('bash', ['-c', `exec ${here}`], {
      env: { ...environment, AWS_REGION: 'eu-test-1' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const ended = once(server, 'exit');
    let complaints = '';
    server.stderr.on('data', (chunk) => {
      complaints += chunk;
    });
    const [line] = await Promise.race([
      once(createInterface(server.stdout), 'line').then((lines) => lines.map(String)),
      ended.then((): never => {
        throw new Error(`the server ended at once: ${complaints}`);
      }),
    ]);
    const url = /'(wss:.*)'/.exec(line ?? '')?.[1] ?? '';
    expect(url).toMatch(/^wss:\/\/127\.0\.0\.1:\d+#sha256=[0-9a-f]{64}$/);
    expect(parameters.published).toEqual({ '/muster/test/rendezvous/fingerprint': url.split('=')[1] });
    expect(await healthFault(url)).toBeUndefined();
    const token = signToken(secret, { purpose: 'announce', runId: 'run-1', expiresAtMs: Date.now() + 60_000 });
    await announceRun({ url, token, runId: 'run-1', timeoutMs: 5_000 });
    expect(await ended).toEqual([0, null]);
  });
});
