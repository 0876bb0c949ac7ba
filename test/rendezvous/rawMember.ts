import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { WebSocket } from 'ws';
import {
  countFrame,
  decodeFrame,
  encodeFrame,
  type Frame,
  type FrameKind,
  frame,
  frameKinds,
  isCounted,
  JOIN_PATH,
} from '../../rendezvous/protocol.js';
import { type MemberClaims, signToken } from '../../rendezvous/token.js';

export const secret = 'a secret for tests only';

export function memberToken(claims: Partial<MemberClaims> = {}): string {
  return signToken(secret, {
    purpose: 'member',
    runId: 'run-1',
    rank: 0,
    worldSize: 2,
    generation: 0,
    expiresAtMs: Date.now() + 60_000,
    ...claims,
  });
}

export function releaseToken(runId = 'run-1'): string {
  return signToken(secret, { purpose: 'release', runId, expiresAtMs: Date.now() + 60_000 });
}

/** A member that speaks frames by hand and acknowledges what it reads; it may misbehave. */
export class RawMember {
  readonly socket: WebSocket;
  readonly frames: Frame[] = [];
  /** Set to say nothing any more but what the test sends. */
  mute = false;
  readonly closed: Promise<{ code: number; reason: string }>;
  #wake: (() => void) | undefined;
  #received = 0;

  private constructor(socket: WebSocket) {
    this.socket = socket;
    socket.on('message', (data) => {
      if (Buffer.isBuffer(data)) this.#keep(decodeFrame(data, 2_000_000));
      this.#wake?.();
    });
    this.closed = once(socket, 'close').then(([code, reason]) => ({ code, reason: String(reason) }));
  }

  static async join(url: string, token: string): Promise<RawMember> {
    const socket = new WebSocket(url + JOIN_PATH, { headers: { authorization: `Bearer ${token}` } });
    const member = new RawMember(socket);
    await once(socket, 'open');
    return member;
  }

  /** The first frame of a kind that has come or will come; it is taken out. */
  async next(kind: FrameKind): Promise<Frame> {
    for (;;) {
      const place = this.frames.findIndex((candidate) => candidate.kind === kind);
      const [found] = place < 0 ? [] : this.frames.splice(place, 1);
      if (found) return found;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  #keep(received: Frame): void {
    this.frames.push(received);
    if (this.mute || !isCounted(received.kind) || this.socket.readyState !== this.socket.OPEN) return;
    this.socket.send(encodeFrame(countFrame(frameKinds.ack, ++this.#received)));
  }

  send(fields: Partial<Frame> & Pick<Frame, 'kind'>): void {
    this.socket.send(encodeFrame(frame(fields)));
  }
}

/** The HTTP answer to an upgrade that is refused. */
export async function refusedJoin(url: string, headers: Record<string, string>, path = JOIN_PATH) {
  const socket = new WebSocket(url + path, { headers });
  const [, response]: [unknown, IncomingMessage] = await new Promise((resolve, reject) => {
    socket.once('unexpected-response', (request, answer) => resolve([request, answer]));
    socket.once('open', () => reject(new Error('it was admitted')));
    socket.once('error', reject);
  });
  let text = '';
  for await (const chunk of response) text += chunk;
  return { status: response.statusCode, body: JSON.parse(text) };
}

export function bearer(token: string): { authorization: string } {
  return { authorization: `Bearer ${token}` };
}
