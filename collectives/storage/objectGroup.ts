import type { Clock } from '../../rendezvous/clock.js';
import type { PeerGone } from '../../rendezvous/control.js';
import { FencedError, type MemberIdentity } from '../../rendezvous/errors.js';
import type { FailurePolicy } from '../../rendezvous/protocol.js';
import { afterLoss, type GroupState, generationOf, isLost } from './groupState.js';
import type { Ledger } from './ledger.js';
import type { Roster } from './meeting.js';
import { Members } from './members.js';
import type { ObjectExchange } from './objectExchange.js';
import { ObjectMembership } from './objectMembership.js';
import { isOfLedger } from './objectNames.js';
import type { HeartbeatOptions } from './storageTiming.js';

export interface ObjectGroupOptions {
  readonly exchange: ObjectExchange;
  readonly presenceExchange: ObjectExchange;
  readonly member: MemberIdentity;
  readonly worldSize: number;
  readonly roster: Roster;
  readonly ledger: Ledger;
  readonly policy: FailurePolicy;
  readonly heartbeat: HeartbeatOptions;
  readonly clock: Clock;
}

/** What the channel hears of its group. */
export interface GroupEvents {
  /** There is something new to look for. */
  wake(): void;
  /** Called once everything that they had sent has arrived. */
  gone(peers: readonly PeerGone[]): void;
  /** This rank is cut off, because `what` failed. */
  failed(what: string, cause: unknown): void;
}

/** The ranks that talk through objects: who of them has gone, what the others agree on then, and what is removed at the end. */
export class ObjectGroup {
  readonly gone = new Map<number, PeerGone>();
  /** Present where the group goes on after a loss. */
  readonly membership: ObjectMembership | undefined;
  readonly #options: ObjectGroupOptions;
  readonly #events: GroupEvents;
  #members: Members;
  #watching: Promise<void> | undefined;

  constructor(options: ObjectGroupOptions, events: GroupEvents) {
    const { exchange, ledger, policy, member, worldSize, roster } = options;
    this.#options = options;
    this.#events = events;
    this.#members = this.#membersOf(ledger.state);
    if (policy === 'abort') return;
    this.membership = new ObjectMembership({
      exchange,
      ledger,
      policy,
      rank: member.rank,
      worldSize,
      epochName: (epoch) => epochName(roster, epoch),
      wake: () => events.wake(),
      failed: (cause) => events.failed('writing an object', cause),
    });
    ledger.onChange = (state, before) => this.#follow(state, before);
  }

  /** Those of the epoch that counts at present. */
  get members(): Members {
    return this.#members;
  }

  /** Whether this rank waits for any of the others. */
  get isAwaited(): boolean {
    const { inbox, barrier } = this.#members;
    return inbox.isAwaited || barrier.isAwaited || (this.membership?.isAwaited ?? false);
  }

  /** True when every other member is known to be gone. */
  get isAlone(): boolean {
    return this.#members.watch.isAlone;
  }

  /** One look at everything that is waited for; whether anything was found. */
  async look(): Promise<boolean> {
    const { inbox, barrier } = this.#members;
    return (await Promise.all([inbox.look(), barrier.look(), this.membership?.look()])).includes(true);
  }

  /** Looks whether the others are alive, as long as this rank waits for any of them. */
  watch(): void {
    if (!this.isAwaited) this.#members.watch.resume();
    else {
      this.#watching ??= this.#tellGone()
        .catch((cause) => this.#events.failed('looking for the others', cause))
        .finally(() => {
          this.#watching = undefined;
        });
    }
  }

  /** Resolves when no look at the others is under way. */
  async watched(): Promise<void> {
    await this.#watching;
  }

  /** Removes what was sent to this rank, and learns who has left before. */
  async leave(): Promise<void> {
    await this.#members.inbox.clear();
    await this.#tellGone();
    // Whose place another attempt has taken may not clear away what that one needs.
    if (this.membership) await this.#options.ledger.advance();
  }

  /**
   * Removes every object of the group. Where ranks were lost, one of them may only be frozen: the ledger stays, so that
   * it learns that the others went on without it, and does not take them for lost.
   */
  async removeObjects(): Promise<void> {
    const { exchange, ledger } = this.#options;
    const { epoch, lost } = ledger.state;
    const isKept = (name: string) => (epoch > 0 || lost.length > 0) && isOfLedger(name);
    const objects = await exchange.list('');
    await exchange.delete(objects.map(({ name }) => name).filter((name) => !isKept(name)));
  }

  /** Finds those that have gone. Where the group goes on after a loss, all have to agree on it first. */
  async #tellGone(): Promise<void> {
    const members = this.#members;
    const gone = await members.watch.look();
    const { membership } = this;
    if (!membership) return this.#tell(gone, members);
    await this.#tell(
      gone.filter(({ how }) => how === 'left'),
      members,
    );
    const lost = gone.filter(({ how }) => how === 'lost');
    if (lost.length === 0) return;
    const left = [...this.gone.values()].flatMap(({ how, rank }) => (how === 'left' ? [rank] : []));
    await this.#options.ledger.propose((state) => afterLoss(state, membership.policy, lost, left));
  }

  /** Tells of those that have gone, once everything that they had sent has arrived. */
  async #tell(gone: readonly PeerGone[], { inbox }: Members): Promise<void> {
    if (gone.length === 0) return;
    await Promise.all(gone.map(({ rank }) => inbox.drain(rank)));
    // What has just arrived is handed over before its receivers hear that nothing more will come.
    await Promise.resolve();
    for (const peer of gone) this.gone.set(peer.rank, peer);
    this.#events.gone(gone);
  }

  /** The next state on which all agree: ends what a loss has interrupted, and begins a new epoch. */
  #follow(state: GroupState, before: GroupState): void {
    const { member } = this.#options;
    if (isLost(state, member.rank, member.generation)) {
      this.#events.failed('staying', new FencedError(member, 'the others take it for lost'));
      return;
    }
    const lost = state.lost.filter(({ rank, generation }) => !isLost(before, rank, generation));
    for (const peer of lost) this.gone.set(peer.rank, peer);
    if (lost.length > 0) this.#events.gone(lost);
    if (state.epoch > before.epoch) {
      this.#members = this.#membersOf(state);
      for (const { rank, how } of [...this.gone.values()]) {
        if (how === 'lost' && generationOf(state, rank) !== undefined) this.gone.delete(rank);
      }
    }
    this.membership?.follow(state);
  }

  #membersOf(state: GroupState): Members {
    const { exchange, presenceExchange, member, roster, heartbeat, clock } = this.#options;
    return new Members({
      exchange,
      presenceExchange,
      epoch: epochName(roster, state.epoch),
      rank: member.rank,
      generations: new Map(state.members),
      heartbeat,
      clock,
      wake: () => this.#events.wake(),
      failed: (cause) => this.#events.failed('writing an object', cause),
    });
  }
}

/** Messages of one epoch are never seen in another. */
function epochName({ epoch }: Roster, number: number): string {
  return number === 0 ? epoch : `${epoch}.${number}`;
}
