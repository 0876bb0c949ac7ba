import { readFile } from 'node:fs/promises';
import { treeReducer } from '../../collectives/treeReducer.js';
import { keptCertificate, makeCertificate, type ServerCertificate } from '../../rendezvous/certificate.js';
import { RendezvousOptionsError } from '../../rendezvous/errors.js';
import { resolveLimits } from '../../rendezvous/limits.js';
import type { RendezvousLogger } from '../../rendezvous/log.js';
import { type RendezvousServer, startRendezvous } from '../../rendezvous/server.js';
import { messageOf } from '../../run/errors.js';
import { UnreadableInputError, UsageError } from '../errors.js';
import { type ExitCode, exitCodes } from '../exitCodes.js';
import type { Session } from '../session.js';
import { plural } from '../terminal/quantities.js';

export interface RendezvousCommandOptions {
  readonly host: string;
  readonly port: number;
  readonly observerPort: number;
  readonly secretFile?: string;
  readonly tls?: true;
  readonly certificateDirectory?: string;
  readonly drainSeconds: number;
  readonly limit: Readonly<Record<string, number>>;
}

/**
 * `muster rendezvous`: runs the server until Ctrl-C or SIGTERM. After SIGTERM it begins no new group and gives those
 * that it has `--drain-seconds` to finish.
 *
 * @throws UsageError, UnreadableInputError, RendezvousOptionsError
 */
export async function rendezvous(session: Session, options: RendezvousCommandOptions): Promise<ExitCode> {
  const { host, port, observerPort } = options;
  const limits = checkedLimits(options.limit);
  const secret = await readSecret(options.secretFile);
  const certificate = await certificateOf(options);
  const server = await startRendezvous({
    host,
    port,
    observerPort,
    secret,
    limits,
    reducer: treeReducer,
    logger: terminalLogger(session),
    ...(certificate ? { certificate } : {}),
  });
  announce(session, server, certificate);
  await interrupted(session);
  return end(session, server, options.drainSeconds);
}

async function end({ interruption, terminal }: Session, server: RendezvousServer, drainSeconds: number) {
  if (interruption.receivedSignal === 'SIGINT') {
    await server.close();
    return exitCodes.interrupted;
  }
  terminal.note(`Begins no new group and stops when the last one is done, at most in ${drainSeconds} s.`);
  const left = await server.drain(drainSeconds * 1000);
  if (left > 0) terminal.note(`Stopped, although ${plural(left, 'member')} had not finished; they were told.`);
  return left > 0 ? exitCodes.failure : exitCodes.success;
}

function announce({ terminal }: Session, { url, observerPort }: RendezvousServer, certificate?: ServerCertificate) {
  terminal.note('Ranks reach it with');
  terminal.say(`export MUSTER_RENDEZVOUS_URL='${url}'`);
  terminal.note('Runs until Ctrl-C; SIGTERM lets the groups finish.');
  const fingerprint = certificate ? { fingerprint: certificate.fingerprint } : {};
  terminal.result({ url, observerPort, pid: process.pid, ...fingerprint });
}

function checkedLimits(limits: Readonly<Record<string, number>>) {
  try {
    return resolveLimits(limits);
  } catch (error) {
    if (error instanceof RendezvousOptionsError) throw new UsageError(error.message, { cause: error });
    throw error;
  }
}

async function readSecret(path: string | undefined): Promise<string> {
  const fromEnvironment = process.env.MUSTER_RENDEZVOUS_SECRET;
  if (path === undefined && fromEnvironment) return fromEnvironment;
  if (path === undefined) {
    throw new UsageError('There is no secret: name a file with --secret-file or set MUSTER_RENDEZVOUS_SECRET.');
  }
  try {
    return (await readFile(path, 'utf8')).trim();
  } catch (error) {
    throw new UnreadableInputError(path, messageOf(error), error);
  }
}

async function certificateOf({ tls, certificateDirectory }: RendezvousCommandOptions) {
  if (!tls && certificateDirectory === undefined) return undefined;
  if (!tls) throw new UsageError('--certificate-directory is of use with --tls only.');
  return certificateDirectory === undefined ? makeCertificate() : keptCertificate(certificateDirectory);
}

function terminalLogger({ terminal }: Session): RendezvousLogger {
  const note = (message: string, details: object) => terminal.note(`${message} ${JSON.stringify(details)}`);
  return { debug() {}, info: note, warn: note };
}

/** Resolves at Ctrl-C or SIGTERM. */
function interrupted({ interruption: { signal } }: Session): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
