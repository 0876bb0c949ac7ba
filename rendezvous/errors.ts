import { MusterError } from '../run/errors.js';
import type { PeerGone } from './control.js';
import { formatRanges, type RankRange } from './rankRanges.js';

/** Which rank of which run an error is about. */
export interface MemberIdentity {
  runId: string;
  rank: number;
  generation: number;
}

/** A setting of the rendezvous that cannot be worked with. */
export class RendezvousOptionsError extends MusterError {
  readonly code = 'RENDEZVOUS_OPTIONS_INVALID';

  constructor(faults: readonly string[]) {
    super(`The rendezvous cannot be set up: ${faults.join('; ')}.`);
  }
}

/** The server at this address shows another certificate than the one that was announced. */
export class CertificateMismatchError extends MusterError {
  readonly code = 'CERTIFICATE_MISMATCH';

  constructor(host: string, expected: string, found: string) {
    super(`The certificate of ${host} has the SHA-256 fingerprint ${found || 'none'}, expected was ${expected}.`, {
      remedy:
        'Use the URL with the fingerprint that the rendezvous prints when it starts; else somebody is in between.',
    });
  }
}

export type TokenFault = 'malformed' | 'signature' | 'expired' | 'claims';

const tokenFaults: Readonly<Record<TokenFault, string>> = {
  malformed: 'it is not of the form claims.signature',
  signature: 'its signature does not match',
  expired: 'it has expired',
  claims: 'its claims are not of this version of the protocol',
};

/** A token that admits nobody. */
export class InvalidTokenError extends MusterError {
  readonly code = 'TOKEN_INVALID';
  readonly fault: TokenFault;

  constructor(fault: TokenFault) {
    super(`The rendezvous token is refused: ${tokenFaults[fault]}.`, {
      remedy: 'Sign it with the secret the server was started with, for this run and rank, with an expiry ahead.',
    });
    this.fault = fault;
  }
}

/** Bytes that are not a frame of this protocol. */
export class FrameError extends MusterError {
  readonly code = 'FRAME_INVALID';

  constructor(fault: string) {
    super(`A frame is refused: ${fault}.`, { remedy: 'Both ends must run the same version of Muster.' });
  }
}

/** Nobody answered at the rendezvous before the deadline. */
export class RendezvousUnreachableError extends MusterError {
  readonly code = 'RENDEZVOUS_UNREACHABLE';
  override readonly retryable = true;

  constructor(url: string, member: MemberIdentity, elapsedMs: number, attempts: number, cause?: unknown) {
    super(`Rank ${member.rank} did not reach the rendezvous ${url} in ${elapsedMs} ms (${attempts} attempts).`, {
      remedy: 'Check that it runs and that its port is open to this network.',
      runId: member.runId,
      rank: member.rank,
      cause,
    });
  }
}

/** The connection to the rendezvous ended while it was needed. */
export class RendezvousLostError extends MusterError {
  readonly code = 'RENDEZVOUS_LOST';
  override readonly retryable = true;

  constructor(member: MemberIdentity, fault: string, cause?: unknown) {
    super(`Rank ${member.rank} (generation ${member.generation}) lost its rendezvous: ${fault}.`, {
      runId: member.runId,
      rank: member.rank,
      cause,
    });
  }
}

/** The rendezvous answered and refused the member for a reason that another attempt would meet again. */
export class AdmissionRefusedError extends MusterError {
  readonly code = 'ADMISSION_REFUSED';
  /** HTTP status of the answer. */
  readonly status: number;
  /** The server's stable word for the reason, such as `DUPLICATE_RANK`. */
  readonly reason: string;

  constructor(member: MemberIdentity, status: number, reason: string, message: string) {
    super(`Rank ${member.rank} (generation ${member.generation}) was refused by the rendezvous: ${message}`, {
      runId: member.runId,
      rank: member.rank,
    });
    this.status = status;
    this.reason = reason;
  }
}

function whoIsMissing(missing: readonly RankRange[] | undefined): string {
  if (!missing) return 'the rendezvous did not say who is missing';
  return missing.length > 0 ? `${formatRanges(missing)} did not join` : 'all ranks came, but not at the same time';
}

/** Some ranks never came. */
export class GroupTimeoutError extends MusterError {
  readonly code = 'GROUP_TIMEOUT';
  override readonly retryable = true;
  /** Ranks that had not joined; `undefined` when the rendezvous no longer answered. */
  readonly missing: readonly RankRange[] | undefined;

  constructor(
    member: MemberIdentity,
    worldSize: number,
    elapsedMs: number,
    missing: readonly RankRange[] | undefined,
    cause?: unknown,
  ) {
    super(`The group of ${worldSize} ranks did not form in ${elapsedMs} ms: ${whoIsMissing(missing)}.`, {
      remedy: 'Check that these ranks were started and that the account has the concurrency for the whole world.',
      runId: member.runId,
      rank: member.rank,
      cause,
    });
    this.missing = missing;
  }
}

/** The group lost a rank and can neither form nor be joined any more. */
export class GroupBrokenError extends MusterError {
  readonly code = 'GROUP_BROKEN';
  /** What is known of the ranks that are gone. */
  readonly gone: readonly PeerGone[];

  constructor(member: MemberIdentity, gone: readonly PeerGone[]) {
    const known = gone.map(({ rank, generation, how, cause }) => {
      const which = generation === null ? `rank ${rank}` : `rank ${rank} (generation ${generation})`;
      return `${which} ${how === 'left' ? 'has left' : 'was lost'}: ${cause}`;
    });
    super(`The group is broken: ${known.join('; ') || 'it was complete before this attempt'}.`, {
      remedy: 'Its collectives cannot be made good in this run; everything else can.',
      runId: member.runId,
      rank: member.rank,
    });
    this.gone = gone;
  }
}

/** The run gave this rank or the whole group up. */
export class GroupReleasedError extends MusterError {
  readonly code = 'GROUP_RELEASED';

  constructor(member: MemberIdentity, cause: string) {
    super(`The run gave up the group of rank ${member.rank}: ${cause}`, { runId: member.runId, rank: member.rank });
  }
}

/** A newer attempt of the same rank has taken this one's place. */
export class FencedError extends MusterError {
  readonly code = 'RANK_FENCED';

  constructor(member: MemberIdentity, reason: string) {
    super(`Rank ${member.rank} (generation ${member.generation}) was fenced off: ${reason}.`, {
      remedy: 'Stop this attempt; the newer one carries on.',
      runId: member.runId,
      rank: member.rank,
    });
  }
}

/** The caller gave up connecting. */
export class ConnectAbortedError extends MusterError {
  readonly code = 'CONNECT_ABORTED';

  constructor(member: MemberIdentity, cause: unknown) {
    super(`Rank ${member.rank} stopped connecting, because its caller aborted.`, {
      runId: member.runId,
      rank: member.rank,
      cause,
    });
  }
}

/** A release that the rendezvous did not carry out. */
export class ReleaseFailedError extends MusterError {
  readonly code = 'RELEASE_FAILED';
  override readonly retryable: boolean;

  constructor(runId: string, fault: string, retryable: boolean, cause?: unknown) {
    super(`The group could not be released: ${fault}.`, { runId, cause });
    this.retryable = retryable;
  }
}

/** The server was not told that a run comes. */
export class AnnouncementError extends MusterError {
  readonly code = 'ANNOUNCEMENT_FAILED';
  /** Only a server that refuses the token will do so again; any other may be about to start. */
  override readonly retryable: boolean;

  /** @param status - Of HTTP; undefined when nothing answered. */
  constructor(runId: string, fault: string, status?: number, cause?: unknown) {
    super(`The rendezvous was not told that the run comes: ${fault}.`, { runId, cause });
    this.retryable = status === undefined || status >= 500;
  }
}
