import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { RendezvousLimits } from '../../rendezvous/limits.js';
import { secret } from './rawMember.js';

export interface ForkedServerOptions {
  readonly port?: number;
  readonly limits?: Partial<RendezvousLimits>;
  /** Whether it carries out reductions. */
  readonly reduces?: boolean;
}

/** A rendezvous in a process of its own. */
export class ForkedServer {
  readonly url: string;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, url: string) {
    this.#child = child;
    this.url = url;
  }

  static async start(options: ForkedServerOptions = {}): Promise<ForkedServer> {
    const script = fileURLToPath(new URL('serverProcess.ts', import.meta.url));
    const child = fork(script, [JSON.stringify({ port: 0, secret, ...options })], {
      execArgv: ['--import', 'tsx', '--expose-gc'],
    });
    const [{ url }] = await once(child, 'message');
    return new ForkedServer(child, url);
  }

  get port(): number {
    return Number(new URL(this.url).port);
  }

  async residentBytes(): Promise<number> {
    const answer = once(this.#child, 'message');
    this.#child.send('memory');
    const [{ residentBytes }] = await answer;
    return residentBytes;
  }

  async metric(name: string): Promise<number> {
    const text = await (await fetch(`${this.url.replace('ws', 'http')}/metrics`)).text();
    return Number(new RegExp(`^muster_rendezvous_${name} (\\d+)$`, 'm').exec(text)?.[1]);
  }

  /** Sends a signal to the process. */
  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exited = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await exited;
  }
}
