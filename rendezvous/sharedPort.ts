import { isIPv6 } from 'node:net';

/** Where a connection to a host begins. */
export interface LocalEnd {
  readonly family: 4 | 6;
  readonly localAddress: string;
  readonly localPort: number;
}

/**
 * Binds a connection to a local port that other connections may begin at, too: an address that is stated makes libuv
 * set SO_REUSEADDR, which an implicit bind does not. Port 0 takes any free one.
 */
export function sharedPort(host: string, port = 0): LocalEnd {
  const isSix = isIPv6(host.replace(/^\[(.*)\]$/, '$1'));
  return { family: isSix ? 6 : 4, localAddress: isSix ? '::' : '0.0.0.0', localPort: port };
}
