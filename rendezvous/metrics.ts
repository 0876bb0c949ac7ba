import { Counter, Gauge, Histogram, Registry } from 'prom-client';

/** A count of what happens with every frame: kept as a number, and told to the registry when somebody asks. */
export class Tally {
  #count = 0;

  get count(): number {
    return this.#count;
  }

  add(amount: number): void {
    this.#count += amount;
  }
}

/** What one server counts, in a registry of its own (two servers in one process do not mix). */
export interface RendezvousMetrics {
  readonly registry: Registry;
  readonly relayedFrames: Tally;
  readonly relayedBytes: Tally;
  readonly admitted: Counter;
  readonly refused: Counter<'status' | 'reason'>;
  readonly lost: Counter;
  /** Connections that were dropped because they asked for nothing and there were too many of them. */
  readonly dropped: Counter;
  readonly rejoined: Counter;
  /** Times that a sender was held back because a receiver's queue was full. */
  readonly pauses: Counter;
  /** Times that nothing was read from a sender because the server's memory was used up. */
  readonly stops: Counter;
  readonly reducedBytes: Tally;
  readonly barriers: Counter;
  readonly barrierWaitSeconds: Histogram;
}

/** Readings that are taken when somebody asks. */
export interface RendezvousGauges {
  groups(): number;
  members(): number;
  queuedBytes(): number;
}

export function createMetrics(gauges: RendezvousGauges): RendezvousMetrics {
  const registry = new Registry();
  const registers = [registry];
  const counter = (name: string, help: string) => new Counter({ name: `muster_rendezvous_${name}`, help, registers });
  const gauge = (name: string, help: string, read: () => number) =>
    new Gauge({
      name: `muster_rendezvous_${name}`,
      help,
      registers,
      collect() {
        this.set(read());
      },
    });
  const tally = (name: string, help: string) => {
    const kept = new Tally();
    new Counter({
      name: `muster_rendezvous_${name}`,
      help,
      registers,
      collect() {
        this.reset();
        this.inc(kept.count);
      },
    });
    return kept;
  };
  gauge('groups', 'Groups with at least one member', gauges.groups);
  gauge('members', 'Members over all groups', gauges.members);
  gauge('queued_bytes', 'Bytes that members have not acknowledged', gauges.queuedBytes);
  return {
    registry,
    relayedFrames: tally('relayed_frames_total', 'Data frames passed on'),
    relayedBytes: tally('relayed_bytes_total', 'Bytes of data frames passed on, headers included'),
    admitted: counter('admitted_total', 'Members admitted'),
    refused: new Counter({
      name: 'muster_rendezvous_refused_total',
      help: 'Connections refused, by HTTP status and reason',
      labelNames: ['status', 'reason'],
      registers,
    }),
    dropped: counter('dropped_total', 'Connections dropped because too many had asked for nothing'),
    lost: counter('lost_total', 'Members that broke off'),
    rejoined: counter('rejoined_total', 'Dropped connections that were replaced'),
    pauses: counter('pauses_total', 'Times a sender was held back because a receiver was slow'),
    stops: counter('stops_total', 'Times the server stopped reading from a sender that had too much under way'),
    reducedBytes: tally('reduced_bytes_total', 'Bytes that members brought to reductions carried out here'),
    barriers: counter('barriers_total', 'Barriers completed'),
    barrierWaitSeconds: new Histogram({
      name: 'muster_rendezvous_barrier_wait_seconds',
      help: 'Time from the first rank entering a barrier to the last',
      buckets: [0.001, 0.01, 0.1, 0.5, 1, 5, 15, 60, 300],
      registers,
    }),
  };
}
