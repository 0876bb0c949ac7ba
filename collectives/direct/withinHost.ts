import { channel } from 'node:diagnostics_channel';
import { connect, isIPv6, type OnReadOpts, type Server, Socket, type SocketConstructorOpts } from 'node:net';
import type { Endpoint } from '../../rendezvous/introduction.js';
import { fileDescriptorOf, type SystemCalls } from './systemCalls.js';

/**
 * Connections that stay within one host use Reno, which every Linux has, as TCP's congestion control. There is no network
 * to be congested, and those that watch delays or pace what they send (CUBIC, BBR) only hold long messages up. It has to
 * be chosen before the connection is made: one that began with BBR stays paced whatever it changes to.
 */
const UNPACED = 'reno';

/** Connects to a port of this host. Where the system does not agree to Reno, it is an ordinary connection. */
export function connectWithinHost(
  { address: host, port }: Endpoint,
  onread: OnReadOpts,
  calls: SystemCalls | undefined,
): Socket {
  const fileDescriptor = calls && openUnpaced(calls, isIPv6(host));
  if (fileDescriptor === undefined) return connect({ host, port, noDelay: true, onread });
  const options: SocketConstructorOpts & { onread: OnReadOpts } = { fd: fileDescriptor, onread };
  const socket = new Socket(options).setNoDelay(true);
  // As `net.connect` does, for those who watch the connections of a process.
  channel('net.client.socket').publish({ socket });
  return socket.connect({ host, port });
}

function openUnpaced(calls: SystemCalls, isIpv6: boolean): number | undefined {
  const fileDescriptor = calls.openSocket(isIpv6);
  if (fileDescriptor < 0) return undefined;
  if (calls.setCongestionControl(fileDescriptor, UNPACED)) return fileDescriptor;
  calls.closeSocket(fileDescriptor);
  return undefined;
}

/**
 * The same for those that this host accepts at a port: they have what the port has when they come.
 *
 * @returns what gives a connection from elsewhere the congestion control of the system again.
 */
export function acceptWithinHost(server: Server, calls: SystemCalls | undefined): (accepted: Socket) => void {
  const listening = fileDescriptorOf(server);
  const usual = listening === undefined ? undefined : calls?.congestionControl(listening);
  if (!calls || listening === undefined || usual === undefined || !calls.setCongestionControl(listening, UNPACED)) {
    return () => {};
  }
  return (accepted) => {
    const fileDescriptor = fileDescriptorOf(accepted);
    const isFromElsewhere = accepted.localAddress !== accepted.remoteAddress;
    if (isFromElsewhere && fileDescriptor !== undefined) calls.setCongestionControl(fileDescriptor, usual);
  };
}
