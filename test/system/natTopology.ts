import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** `preserving`: the public port is the private one. `random`: every connection gets another port. */
export type NatPorts = 'preserving' | 'random';

/** Where the rendezvous is. */
export const publicAddress = '198.51.100.1';

const sides = ['a', 'b'] as const;
export type Side = (typeof sides)[number];

/**
 * Two private networks of one host each, behind a NAT of its own each, and a public host, as network namespaces of
 * Linux (iproute2 and nftables; documentation addresses of RFC 5737):
 *
 *     host a -- NAT a -- public host -- NAT b -- host b
 */
export class NatTopology {
  readonly #names: Readonly<Record<'public' | `nat-${Side}` | `host-${Side}`, string>>;

  private constructor(prefix: string) {
    this.#names = {
      public: `${prefix}-public`,
      'nat-a': `${prefix}-nat-a`,
      'nat-b': `${prefix}-nat-b`,
      'host-a': `${prefix}-host-a`,
      'host-b': `${prefix}-host-b`,
    };
  }

  /** Why this machine cannot have one, or `undefined` when it can. */
  static obstacle(): string | undefined {
    const trial = new NatTopology(`muster-${process.pid}-trial`);
    try {
      trial.#build();
      trial.setNats('random');
      return undefined;
    } catch (error) {
      return `network namespaces with NAT cannot be made here: ${error instanceof Error ? error.message : error}`;
    } finally {
      trial.remove();
    }
  }

  static build(): NatTopology {
    const topology = new NatTopology(`muster-${process.pid}`);
    topology.#build();
    return topology;
  }

  /** Both NATs drop what nobody behind them has asked for. */
  setNats(ports: NatPorts): void {
    const drop = 'iifname "public" ct state new drop;';
    const rules = `
      flush ruleset
      table ip nat {
        chain outgoing {
          type nat hook postrouting priority 100; policy accept;
          oifname "public" masquerade ${ports === 'random' ? 'fully-random' : ''}
        }
        chain incoming { type filter hook input priority 0; policy accept; ${drop} }
        chain passing { type filter hook forward priority 0; policy accept; ${drop} }
      }`;
    for (const side of sides) this.#within(`nat-${side}`, ['nft', '-f', '-'], rules);
  }

  /** What the public network does with packets from one NAT to the other; the rendezvous can be reached all the same. */
  setWayBetween(way: 'open' | 'cut' | { readonly openForBytes: number }): void {
    const rule = way === 'open' ? '' : way === 'cut' ? 'drop' : `quota over ${way.openForBytes} bytes drop`;
    const rules = `
      flush ruleset
      table ip between {
        chain passing {
          type filter hook forward priority 0; policy accept;
          ${rule}
        }
      }`;
    this.#within('public', ['nft', '-f', '-'], rules);
  }

  /** Starts a script of this folder in a namespace. */
  start(where: 'public' | `host-${Side}`, script: string, options: unknown): NatProcess {
    const file = fileURLToPath(new URL(script, import.meta.url));
    const node = [process.execPath, '--import', 'tsx', file, JSON.stringify(options)];
    const child = spawn('ip', ['netns', 'exec', this.#names[where], ...node], { stdio: ['pipe', 'pipe', 'inherit'] });
    const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
    return {
      async nextLine() {
        const { value, done } = await lines.next();
        if (done) throw new Error(`${script} at ${where} ended without an answer`);
        return String(value);
      },
      async stop() {
        child.stdin.end();
        if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
        return child.exitCode;
      },
    };
  }

  remove(): void {
    const present = execFileSync('ip', ['netns', 'list'], { encoding: 'utf8' });
    for (const name of Object.values(this.#names)) {
      if (new RegExp(`^${name}\\b`, 'm').test(present)) execFileSync('ip', ['netns', 'delete', name]);
    }
  }

  #build(): void {
    for (const name of Object.values(this.#names)) execFileSync('ip', ['netns', 'add', name], { stdio: 'pipe' });
    for (const name of Object.values(this.#names)) this.#ip(name, 'link set lo up');
    this.#ip(this.#names.public, `addr add ${publicAddress}/32 dev lo`);
    this.#forward('public');
    for (const [index, side] of sides.entries()) this.#buildSide(side, index + 1);
  }

  #buildSide(side: Side, network: number): void {
    const names = { nat: this.#names[`nat-${side}`], host: this.#names[`host-${side}`], public: this.#names.public };
    this.#ip(names.public, `link add to-${side} type veth peer name public netns ${names.nat}`);
    this.#ip(names.public, `addr add 203.0.113.${network * 4 + 1}/30 dev to-${side}`);
    this.#ip(names.public, `link set to-${side} up`);
    this.#ip(names.nat, `addr add 203.0.113.${network * 4 + 2}/30 dev public`);
    this.#ip(names.nat, 'link set public up');
    this.#ip(names.nat, `route add default via 203.0.113.${network * 4 + 1}`);
    this.#ip(names.nat, `link add private type veth peer name eth0 netns ${names.host}`);
    this.#ip(names.nat, `addr add 10.0.${network}.1/24 dev private`);
    this.#ip(names.nat, 'link set private up');
    this.#ip(names.host, `addr add 10.0.${network}.2/24 dev eth0`);
    this.#ip(names.host, 'link set eth0 up');
    this.#ip(names.host, `route add default via 10.0.${network}.1`);
    this.#forward(`nat-${side}`);
  }

  #forward(where: 'public' | `nat-${Side}`): void {
    this.#within(where, ['sh', '-c', 'echo 1 > /proc/sys/net/ipv4/ip_forward']);
  }

  #ip(namespace: string, command: string): void {
    execFileSync('ip', ['-n', namespace, ...command.split(' ')], { stdio: 'pipe' });
  }

  #within(where: 'public' | `nat-${Side}`, command: string[], input = ''): void {
    execFileSync('ip', ['netns', 'exec', this.#names[where], ...command], { input, stdio: 'pipe' });
  }
}

export interface NatProcess {
  /** The next line that it writes. */
  nextLine(): Promise<string>;
  /** Ends it and waits for that; its exit code. */
  stop(): Promise<number | null>;
}
