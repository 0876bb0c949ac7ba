import { connect } from 'node:net';
import { type Endpoint, endpointSchema } from '../../rendezvous/introduction.js';
import { sharedPort } from '../../rendezvous/sharedPort.js';

const MAX_ANSWER_CHARACTERS = 200;

/** A port of this host, and from where a connection that begins there is seen to come. */
export interface SeenPort {
  readonly localPort: number;
  readonly seen: Endpoint;
}

/**
 * Asks the observer of the rendezvous from where a connection that begins at `localPort` reaches it (0: at any free
 * port); `null` when no answer comes.
 */
export function askObserver(observer: Endpoint, localPort: number, timeoutMs: number): Promise<SeenPort | null> {
  return new Promise((resolve) => {
    const { address: host, port } = observer;
    const socket = connect({ host, port, ...sharedPort(host, localPort), noDelay: true });
    let answer = '';
    let boundPort = localPort;
    const timer = setTimeout(() => socket.destroy(), timeoutMs);
    socket.setEncoding('utf8');
    socket.once('connect', () => {
      boundPort = socket.localPort ?? localPort;
    });
    socket.on('data', (text: string) => {
      answer += text;
      if (answer.length > MAX_ANSWER_CHARACTERS) socket.destroy();
    });
    socket.on('error', () => socket.destroy());
    socket.once('close', () => {
      clearTimeout(timer);
      const seen = endpointIn(answer);
      resolve(seen && { localPort: boundPort, seen });
    });
  });
}

function endpointIn(answer: string): Endpoint | null {
  try {
    return endpointSchema.parse(JSON.parse(answer));
  } catch {
    return null;
  }
}
