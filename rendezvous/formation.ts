import type { MusterError } from '../run/errors.js';
import type { Formed, PeerGone } from './control.js';
import { GroupBrokenError, type MemberIdentity } from './errors.js';
import type { LinkListener } from './link.js';
import type { Frame, FrameHeader } from './protocol.js';

/** Hears what happens from the moment when the group is complete. */
export type GroupListener = Pick<LinkListener, 'formed' | 'place' | 'frame' | 'roomMade' | 'gone' | 'failed'>;

export type FormationEnd =
  | { readonly how: 'formed' }
  | { readonly how: 'stopped' }
  | { readonly how: 'failed'; readonly error: MusterError };

/** Listens to a link until its group is complete, and from then on hands everything to the group's own listener. */
export class Formation implements LinkListener {
  readonly #member: MemberIdentity;
  readonly #listener: GroupListener;
  #end: FormationEnd | undefined;
  #wake: ((end: FormationEnd) => void) | undefined;

  constructor(member: MemberIdentity, listener: GroupListener) {
    this.#member = member;
    this.#listener = listener;
  }

  /** Resolves when the group has formed or never will, or when `stop` is aborted. */
  ended(stop: AbortSignal): Promise<FormationEnd> {
    if (this.#end) return Promise.resolve(this.#end);
    if (stop.aborted) return Promise.resolve({ how: 'stopped' });
    return new Promise((resolve) => {
      const stopped = () => resolve({ how: 'stopped' });
      stop.addEventListener('abort', stopped);
      this.#wake = (end) => {
        stop.removeEventListener('abort', stopped);
        resolve(end);
      };
    });
  }

  formed(formed: Formed): void {
    this.#listener.formed(formed);
    this.#settle({ how: 'formed' });
  }

  place(header: FrameHeader, payloadBytes: number): Uint8Array | undefined {
    return this.#listener.place?.(header, payloadBytes);
  }

  frame(frame: Frame): void {
    this.#listener.frame(frame);
  }

  roomMade(): void {
    this.#listener.roomMade?.();
  }

  gone(peers: readonly PeerGone[]): void {
    if (this.#end?.how === 'formed') this.#listener.gone(peers);
    else this.#settle({ how: 'failed', error: new GroupBrokenError(this.#member, peers) });
  }

  failed(error: MusterError): void {
    if (this.#end?.how === 'formed') this.#listener.failed(error);
    else this.#settle({ how: 'failed', error });
  }

  #settle(end: FormationEnd): void {
    if (this.#end) return;
    this.#end = end;
    this.#wake?.(end);
  }
}
