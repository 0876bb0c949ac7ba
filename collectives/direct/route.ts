import type { Introduction } from '../../rendezvous/introduction.js';
import type { Arrival, Message, Pending } from '../channel.js';
import type { Claim } from '../mailbox.js';
import { DirectLink, type OpenedLink } from './directLink.js';
import { FrameReader, type FrameSink } from './frameReader.js';
import type { Invitation } from './linkMaker.js';
import { decodeLinkMessage, encodeLinkMessage, LINK_CONTEXT, linkMessages } from './linkMessages.js';
import { Transfer } from './transfer.js';

/** Links of one pair that may fail before it stays with the relay. */
const MAX_ATTEMPTS = 2;

/** The way that messages to one rank take at the moment, and why it is not a better one. */
export interface Path {
  readonly kind: 'relay' | 'direct';
  readonly reason: string;
  /** Whether nothing better is being tried or will be. */
  readonly isSettled: boolean;
  /** Links that did not come about, or did not bring the probe through. */
  readonly failedLinks: number;
}

/** What a route needs of its channel. */
export interface RouteHost {
  readonly rank: number;
  relay(to: number, context: number, tag: number, message: Message): Pending<void>;
  deliver(from: number, context: number, tag: number, message: Message): void;
  claim(from: number, context: number, tag: number, bytes: number): Claim | undefined;
  /** Tells the rendezvous that this rank wants a link to another. */
  offer(to: number, attempt: number): void;
  makeLink(peer: number, linkId: number, invitation: Invitation, signal: AbortSignal): Promise<OpenedLink>;
}

/**
 * The way to one other rank. It begins with the relay and changes to a direct link as soon as there is one, and back
 * when that breaks, without losing or reordering a message:
 *
 * - To the link: when the relay has taken every message of the sender whole, the sender says so over the relay
 *   (`switched`) and sends everything after that over the link. The receiver does not read the link before it has heard
 *   this, so what came before over the relay is before.
 * - Back: both ends say over the relay how many bytes of the other's stream they have taken in (`ended`). When a sender
 *   has heard it, it sends what followed these bytes (`rest`) over the relay, and when the relay has taken that whole,
 *   everything else. If the other rank is gone no answer comes, and the rendezvous tells the operations.
 *
 * Messages wait in between, because the relay keeps the order only among those of one context and tag.
 */
export class Route {
  readonly #peer: number;
  readonly #host: RouteHost;
  #out: 'relay' | 'draining' | 'link' | 'mending' = 'relay';
  #link: DirectLink | undefined;
  /** Messages that the relay has not taken whole. */
  #relaying = 0;
  /** Messages that wait for the end of draining or mending. */
  #waiting: Transfer[] = [];
  #attempts = 0;
  /** Attempts that did not come to a link. */
  #failures = 0;
  #asked = false;
  #making: { readonly linkId: number; readonly stop: AbortController } | undefined;
  /** The link that the other end has switched to, when it is not made here yet. */
  #switchedTo: number | undefined;
  /** Links that this end has said to have ended. */
  readonly #ended = new Set<number>();
  /** Takes in the rest of a broken stream. */
  #mender: FrameReader | undefined;
  #gone = false;
  #reason = 'nothing was sent yet';

  constructor(peer: number, host: RouteHost) {
    this.#peer = peer;
    this.#host = host;
  }

  get path(): Path {
    const failedLinks = this.#failures;
    if (this.#out === 'link') return { kind: 'direct', reason: 'linked', isSettled: true, failedLinks };
    const isTrying = this.#asked || this.#making !== undefined || this.#link !== undefined;
    const isSettled = this.#gone || (!isTrying && this.#attempts >= MAX_ATTEMPTS);
    return { kind: 'relay', reason: this.#reason, isSettled, failedLinks };
  }

  /** Resolves when no link is open; `undefined` when none is. */
  get linkClosed(): Promise<void> | undefined {
    return this.#link?.closed;
  }

  send(context: number, tag: number, message: Message, isPatient = false): Pending<void> {
    if (this.#out === 'link' && this.#link) return this.#link.writer.send(context, tag, message, isPatient);
    if (this.#out !== 'relay') return this.#enqueue(new Transfer(context, tag, message));
    this.#ask();
    return this.#relay(context, tag, message);
  }

  /** Polls the link, if there is one and the rank may, until it is settled. */
  during(arrival: Arrival): void {
    if (!arrival.isSettled) this.#link?.during(arrival);
  }

  /** The other rank wants a link. */
  invited(): void {
    if (this.#asked) return;
    this.#making?.stop.abort();
    this.#ask();
  }

  introduced(linkId: number, introduction: Introduction): void {
    this.#asked = false;
    if (this.#gone || this.#link) return;
    if (introduction.how === 'relay') {
      this.#attempts = MAX_ATTEMPTS;
      this.#reason = introduction.reason;
      return;
    }
    this.#making?.stop.abort();
    const making = { linkId, stop: new AbortController() };
    this.#making = making;
    this.#reason = 'a link is being made';
    this.#host.makeLink(this.#peer, linkId, introduction, making.stop.signal).then(
      (opened) => this.#made(making, opened),
      (error: Error) => this.#failed(making, error),
    );
  }

  /** The other rank says something about links. */
  heard(tag: number, message: Message): void {
    if (tag === linkMessages.rest) {
      this.#mender ??= new FrameReader(this.#sink());
      this.#mender.feed(message.bytes);
      return;
    }
    const content = decodeLinkMessage(message);
    if (!content) return;
    if (tag === linkMessages.switched) this.#peerSwitched(content.linkId);
    else if (tag === linkMessages.ended) this.#peerEnded(content.linkId, content.receivedBytes);
  }

  /** The other rank takes no part any more. */
  lose(): void {
    this.#gone = true;
    this.#reason = 'the rank is gone';
    this.#making?.stop.abort();
    this.#link?.destroy();
    this.#link = undefined;
    // What is under way is left to the operations, which end now.
    if (this.#out !== 'relay') this.#out = 'mending';
  }

  async close(): Promise<void> {
    this.#gone = true;
    this.#making?.stop.abort();
    await this.#link?.close();
  }

  #ask(): void {
    if (this.#asked || this.#gone || this.#making || this.#link || this.#attempts >= MAX_ATTEMPTS) return;
    this.#asked = true;
    this.#attempts += 1;
    this.#reason = 'the rendezvous was asked for a link';
    this.#host.offer(this.#peer, this.#failures + 1);
  }

  #made(making: { readonly linkId: number }, opened: OpenedLink): void {
    if (this.#making !== making || this.#gone) {
      opened.socket.destroy();
      return;
    }
    this.#making = undefined;
    const link = new DirectLink(making.linkId, this.#host.rank, opened, {
      message: (context, tag, message) => this.#host.deliver(this.#peer, context, tag, message),
      claim: (context, tag, bytes) => this.#host.claim(this.#peer, context, tag, bytes),
      broken: () => this.#broken(link),
      ended: () => this.#peerLeft(link),
    });
    this.#link = link;
    this.#out = 'draining';
    if (this.#switchedTo === link.id) link.open();
    this.#goOn();
  }

  #failed(making: { readonly linkId: number }, error: Error): void {
    if (this.#making !== making) return;
    this.#making = undefined;
    this.#failures += 1;
    this.#reason = error.message;
    if (this.#switchedTo === making.linkId) this.#sayEnded(making.linkId, 0);
    this.#switchedTo = undefined;
  }

  #peerSwitched(linkId: number): void {
    this.#mender = undefined;
    if (this.#link?.id === linkId) this.#link.open();
    else if (this.#making?.linkId === linkId) this.#switchedTo = linkId;
    else this.#sayEnded(linkId, 0);
  }

  /** This end finds the link broken. */
  #broken(link: DirectLink): void {
    if (this.#link !== link || this.#out === 'mending') return;
    this.#out = 'mending';
    this.#reason = 'the link broke';
    this.#mender = link.reader;
    this.#sayEnded(link.id, link.reader.receivedBytes);
  }

  #peerEnded(linkId: number, receivedBytes: number): void {
    const link = this.#link;
    if (link?.id !== linkId) {
      if (this.#making?.linkId === linkId) this.#making.stop.abort();
      this.#sayEnded(linkId, 0);
      return;
    }
    link.destroy();
    this.#broken(link);
    this.#link = undefined;
    this.#mend(link, receivedBytes);
  }

  /** Sends over the relay what the link did not bring there. */
  #mend(link: DirectLink, receivedBytes: number): void {
    const { stream, begun, waiting } = link.writer.remains(receivedBytes);
    for (const piece of stream) {
      this.#relay(LINK_CONTEXT, linkMessages.rest, { datatype: 0, bytes: new Uint8Array(piece) });
    }
    for (const transfer of begun) transfer.resolve();
    this.#waiting = [...waiting, ...this.#waiting];
    for (const transfer of waiting) this.#enqueued(transfer);
    this.#goOn();
  }

  /** Ends draining or mending if nothing stands in the way any more. */
  #goOn(): void {
    if (this.#relaying > 0 || this.#gone) return;
    const link = this.#link;
    if (this.#out === 'draining' && link) {
      this.#say(linkMessages.switched, link.id);
      this.#out = 'link';
    } else if (this.#out === 'mending' && !link) this.#out = 'relay';
    else return;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const transfer of waiting) transfer.follow(this.send(transfer.context, transfer.tag, transfer.message));
  }

  #relay(context: number, tag: number, message: Message): Pending<void> {
    const pending = this.#host.relay(this.#peer, context, tag, message);
    this.#relaying += 1;
    const taken = () => {
      this.#relaying -= 1;
      this.#goOn();
    };
    pending.promise.then(taken, taken);
    return pending;
  }

  /** The other rank has closed its communicator: it reads nothing more, so what is under way has nowhere to go. */
  #peerLeft(link: DirectLink): void {
    if (this.#link !== link) return;
    this.#link = undefined;
    this.#gone = true;
    this.#out = 'relay';
    this.#reason = 'the rank has left';
    const { begun, waiting } = link.writer.remains(0);
    for (const transfer of [...begun, ...waiting, ...this.#waiting]) transfer.resolve();
    this.#waiting = [];
  }

  #enqueue(transfer: Transfer): Transfer {
    this.#waiting.push(transfer);
    this.#enqueued(transfer);
    return transfer;
  }

  #enqueued(transfer: Transfer): void {
    transfer.onCancel = (reason) => {
      this.#waiting = this.#waiting.filter((other) => other !== transfer);
      transfer.reject(reason);
    };
  }

  #sayEnded(linkId: number, receivedBytes: number): void {
    if (this.#ended.has(linkId)) return;
    this.#ended.add(linkId);
    this.#say(linkMessages.ended, linkId, receivedBytes);
  }

  #say(tag: number, linkId: number, receivedBytes = 0): void {
    this.#host.relay(this.#peer, LINK_CONTEXT, tag, encodeLinkMessage(linkId, receivedBytes));
  }

  #sink(): FrameSink {
    const nothing = () => {};
    return {
      message: (context, tag, message) => this.#host.deliver(this.#peer, context, tag, message),
      claim: () => undefined,
      received: nothing,
      acknowledged: nothing,
      left: nothing,
      stuck: nothing,
    };
  }
}
