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
import { HostParameters } from './hostParameters.js';

export interface RendezvousCommandOptions {
  readonly host: string;
  readonly port: number;
  readonly observerPort: number;
  readonly secretFile?: string;
  readonly parameters?: string;
  readonly tls?: true;
  readonly certificateDirectory?: string;
  readonly drainSeconds: number;
  readonly stopWhenIdle?: number;
  readonly limit: Readonly<Record<string, number>>;
}

/**
 * `muster rendezvous`: runs the server until Ctrl-C or SIGTERM. After SIGTERM it begins no new group and gives those
 * that it has `--drain-seconds` to finish. With `--stop-when-idle` it ends by itself, with success.
 *
 * @throws UsageError, UnreadableInputError, HostParameterError, RendezvousOptionsError
 */
export async function rendezvous(session: Session, options: RendezvousCommandOptions): Promise<ExitCode> {
  const { host, port, observerPort } = options;
  const limits = checkedLimits(options.limit);
  const parameters = hostParameters(options);
  const secret = parameters ? await parameters.secret() : await readSecret(options.secretFile);
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
    ...(options.stopWhenIdle ? { stopWhenIdleMs: options.stopWhenIdle } : {}),
  });
  try {
    if (certificate) await parameters?.publishFingerprint(certificate.fingerprint);
  } catch (error) {
    await server.close();
    throw error;
  }
  announce(session, server, certificate);
  await Promise.race([interrupted(session), server.idle]);
  return end(session, server, options);
}

function hostParameters({ parameters, secretFile, tls }: RendezvousCommandOptions): HostParameters | undefined {
  if (parameters === undefined) return undefined;
  if (secretFile !== undefined)
    throw new UsageError('The secret comes from --parameters or from --secret-file, not from both.');
  if (!tls) throw new UsageError('--parameters publishes the fingerprint of a certificate, so it needs --tls.');
  return new HostParameters(parameters);
}

async function end(
  { interruption, terminal }: Session,
  server: RendezvousServer,
  { drainSeconds }: RendezvousCommandOptions,
): Promise<ExitCode> {
  if (interruption.receivedSignal === undefined) {
    terminal.note('Stops, because no rank has come for long.');
    await server.close();
    return exitCodes.success;
  }
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
