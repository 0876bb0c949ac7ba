import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InvalidTokenError } from '../../rendezvous/errors.js';
import { runKeyOf, signToken, signTokenOfRun, type TokenClaims, verifyToken } from '../../rendezvous/token.js';

const secret = 'sixteen bytes or more';
const nowMs = 1_700_000_000_000;

const claimsArbitrary: fc.Arbitrary<TokenClaims> = fc.oneof(
  fc
    .record({
      purpose: fc.constant('member' as const),
      runId: fc.string({ minLength: 1, maxLength: 80 }),
      rank: fc.nat(9_999),
      beyond: fc.integer({ min: 1, max: 1000 }),
      generation: fc.nat(1000),
      expiresAtMs: fc.integer({ min: nowMs + 1, max: nowMs + 1e9 }),
    })
    .map(({ beyond, ...claims }) => ({ ...claims, worldSize: claims.rank + beyond })),
  fc.record({
    purpose: fc.constantFrom('announce' as const, 'release' as const),
    runId: fc.string({ minLength: 1, maxLength: 80 }),
    expiresAtMs: fc.integer({ min: nowMs + 1, max: nowMs + 1e9 }),
  }),
);

const claims = {
  purpose: 'member',
  runId: 'run',
  rank: 1,
  worldSize: 4,
  generation: 2,
  expiresAtMs: nowMs + 1,
} as const;

function fault(verify: () => unknown): string {
  try {
    verify();
  } catch (error) {
    if (error instanceof InvalidTokenError) return error.fault;
    throw error;
  }
  return 'none';
}

describe('token', () => {
  it('gives back exactly the claims that were signed', () => {
    fc.assert(
      fc.property(claimsArbitrary, (c) => {
        expect(verifyToken(secret, signToken(secret, c), nowMs)).toEqual(c);
      }),
    );
  });

  it('refuses every token in which one character was changed', () => {
    const token = signToken(secret, claims);
    fc.assert(
      fc.property(fc.nat(token.length - 1), fc.constantFrom(...'ABCxyz019-_.'), (place, character) => {
        fc.pre(token[place] !== character);
        const changed = token.slice(0, place) + character + token.slice(place + 1);
        expect(['signature', 'malformed']).toContain(fault(() => verifyToken(secret, changed, nowMs)));
      }),
    );
  });

  it('refuses any text that is not a token', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 3000 }), (text) => {
        expect(fault(() => verifyToken(secret, text))).not.toBe('none');
      }),
    );
  });

  it('refuses another secret', () => {
    expect(fault(() => verifyToken('another secret of length', signToken(secret, claims), nowMs))).toBe('signature');
  });

  it('signed with the key of a run is good for that run, whoever holds it, and for no other', () => {
    fc.assert(
      fc.property(claimsArbitrary, fc.string({ minLength: 1, maxLength: 80 }), (c, otherRun) => {
        const key = runKeyOf(secret, c.runId);
        expect(verifyToken(secret, signTokenOfRun(key, c), nowMs)).toEqual(c);
        fc.pre(otherRun !== c.runId);
        const forged = signTokenOfRun(key, { ...c, runId: otherRun });
        expect(fault(() => verifyToken(secret, forged, nowMs))).toBe('signature');
      }),
    );
  });

  it('expires at the moment it says', () => {
    const token = signToken(secret, claims);
    expect(fault(() => verifyToken(secret, token, nowMs))).toBe('none');
    expect(fault(() => verifyToken(secret, token, nowMs + 1))).toBe('expired');
  });

  it('refuses to sign with a short secret, or a rank beyond its world', () => {
    expect(() => signToken('short', claims)).toThrow(/at least 16/);
    expect(() => signToken(secret, { ...claims, rank: 4 })).toThrow(/below worldSize/);
  });
});
