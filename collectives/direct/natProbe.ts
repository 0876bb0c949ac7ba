import { connect } from 'node:net';
import { type Endpoint, endpointSchema } from '../../rendezvous/introduction.js';
import { sharedPort } from '../../rendezvous/sharedPort.js';

const MAX_ANSWER_CHARACTERS = 200;

/**
 * Asks the observer of the rendezvous from where a connection that begins at `localPort` reaches it; `null` when no
 * answer comes.
 */
export function askObserver(observer: Endpoint, localPort: number, timeoutMs: number): Promise<Endpoint | null> {
  return new Promise((resolve) => {
    const { address: host, port } = observer;
    const socket = connect({ host, port, ...sharedPort(host, localPort), noDelay: true });
    let answer = '';
    const timer = setTimeout(() => socket.destroy(), timeoutMs);
    socket.setEncoding('utf8');
    socket.on('data', (text: string) => {
      answer += text;
      if (answer.length > MAX_ANSWER_CHARACTERS) socket.destroy();
    });
    socket.on('error', () => socket.destroy());
    socket.once('close', () => {
      clearTimeout(timer);
      resolve(endpointIn(answer));
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
