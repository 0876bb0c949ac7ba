import { once } from 'node:events';
import { isIP, type OnReadOpts } from 'node:net';
import { connect, type TLSSocket } from 'node:tls';
import { CertificateMismatchError, RendezvousOptionsError } from './errors.js';
import type { LocalEnd } from './sharedPort.js';

const pinForm = /^#sha256=([0-9a-f]{64})$/i;

/**
 * The SHA-256 fingerprint that a URL demands of the server's certificate: `wss://host:port#sha256=<64 hex digits>`.
 * A fragment is never sent, so the URL can be handed on as it is. `undefined` where the certificate authorities decide.
 *
 * @throws RendezvousOptionsError when there is a fragment that is no fingerprint.
 */
export function pinOf(url: URL): string | undefined {
  if (url.hash === '') return undefined;
  const pin = pinForm.exec(url.hash)?.[1];
  if (pin === undefined || url.protocol !== 'wss:') {
    throw new RendezvousOptionsError([`${url.hash} is not #sha256=<64 hex digits> behind a wss:// URL`]);
  }
  return pin.toLowerCase();
}

/** A URL with the fingerprint of its server's certificate. */
export function withPin(url: string, fingerprint: string): string {
  return `${url}#sha256=${bareHex(fingerprint)}`;
}

/**
 * A TLS connection to the host of a URL whose certificate has the fingerprint `pin`. Nothing is sent before that is
 * known; who signed the certificate, for which name and until when does not matter.
 *
 * @throws CertificateMismatchError; or the error of the connection.
 */
export async function connectPinned(
  url: URL,
  pin: string,
  options: { signal: AbortSignal; from?: LocalEnd | Record<string, never>; onread?: OnReadOpts },
): Promise<TLSSocket> {
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  const socket = connect({
    host,
    port: Number(url.port || 443),
    ...(isIP(host) === 0 ? { servername: host } : {}),
    // The fingerprint takes the place of the certificate authorities.
    rejectUnauthorized: false,
    minVersion: 'TLSv1.3',
    ...options.from,
    ...(options.onread ? { onread: options.onread } : {}),
  });
  try {
    await once(socket, 'secureConnect', { signal: options.signal });
    const found = bareHex(socket.getPeerX509Certificate()?.fingerprint256 ?? '');
    if (found !== pin) throw new CertificateMismatchError(url.host, pin, found);
    socket.setNoDelay(true);
    return socket;
  } catch (error) {
    socket.on('error', () => undefined);
    socket.destroy();
    throw error;
  }
}

function bareHex(fingerprint: string): string {
  return fingerprint.replaceAll(':', '').toLowerCase();
}
