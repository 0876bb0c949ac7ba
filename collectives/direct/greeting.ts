import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Socket } from 'node:net';
import { DirectLinkError } from './errors.js';
import type { Intake } from './intake.js';

const MAGIC = 'MSTR';
const VERSION = 1;
const NONCE_BYTES = 32;
/** Magic, version, number of the link, rank of the sender, nonce. */
export const HELLO_BYTES = MAGIC.length + 4 + 4 + 4 + NONCE_BYTES;
const PROOF_BYTES = 32;
/** Punched links that work at all have been seen to die after 16 to 64 kB. */
const PROBE_BYTES = 65_536;

/** A link as the rendezvous introduced it. */
export interface LinkIdentity {
  readonly linkId: number;
  readonly rank: number;
  readonly peer: number;
  /** Known to these two ranks only. */
  readonly key: Buffer;
}

interface Hello {
  readonly linkId: number;
  readonly rank: number;
  readonly nonce: Buffer;
}

/**
 * Both ends of a new connection prove to each other that they are whom the rendezvous introduced, and that 64 kB get
 * through both ways. Each sends a nonce, then the HMAC-SHA256 (RFC 2104) of both nonces under the key of the link, then
 * a probe whose bytes follow from the key (SHAKE256), and last a byte that says it has got the other one's.
 *
 * The link is authenticated, not encrypted: what it carries can be read on the way, as with FMI.
 *
 * @param theirHello the hello of the other end, where it was needed to know which link this is.
 * @throws DirectLinkError
 */
export async function greet(
  socket: Socket,
  intake: Intake,
  identity: LinkIdentity,
  theirHello?: Buffer,
): Promise<void> {
  const { linkId, rank, peer, key } = identity;
  const nonce = randomBytes(NONCE_BYTES);
  socket.write(encodeHello({ linkId, rank, nonce }));
  const theirs = decodeHello(theirHello ?? (await intake.read(HELLO_BYTES)));
  if (theirs.linkId !== linkId || theirs.rank !== peer) {
    throw new DirectLinkError(`rank ${theirs.rank} answered for link ${theirs.linkId}, not ${peer} for ${linkId}`);
  }
  socket.write(proof(identity, rank, nonce, theirs.nonce));
  const theirProof = await intake.read(PROOF_BYTES);
  if (!timingSafeEqual(theirProof, proof(identity, peer, theirs.nonce, nonce))) {
    throw new DirectLinkError(`what answered does not know the key of rank ${peer}`);
  }
  socket.write(probe(key, nonce));
  const theirProbe = await intake.read(PROBE_BYTES);
  if (!theirProbe.equals(probe(key, theirs.nonce))) throw new DirectLinkError('its probe arrived altered');
  socket.write(Buffer.of(VERSION));
  await intake.read(1);
}

/** Which link a hello is for. @throws DirectLinkError when it is none. */
export function linkOf(hello: Buffer): number {
  return decodeHello(hello).linkId;
}

function encodeHello({ linkId, rank, nonce }: Hello): Buffer {
  const bytes = Buffer.alloc(HELLO_BYTES);
  bytes.write(MAGIC, 0, 'latin1');
  bytes.writeUInt32LE(VERSION, 4);
  bytes.writeUInt32LE(linkId, 8);
  bytes.writeUInt32LE(rank, 12);
  nonce.copy(bytes, 16);
  return bytes;
}

function decodeHello(bytes: Buffer): Hello {
  if (bytes.toString('latin1', 0, 4) !== MAGIC || bytes.readUInt32LE(4) !== VERSION) {
    throw new DirectLinkError('what answered is no rank of this version');
  }
  return { linkId: bytes.readUInt32LE(8), rank: bytes.readUInt32LE(12), nonce: Buffer.from(bytes.subarray(16)) };
}

function proof({ linkId, key }: LinkIdentity, prover: number, proversNonce: Buffer, verifiersNonce: Buffer): Buffer {
  const numbers = Buffer.alloc(8);
  numbers.writeUInt32LE(linkId, 0);
  numbers.writeUInt32LE(prover, 4);
  const mac = createHmac('sha256', key).update('muster direct link\n').update(numbers);
  return mac.update(proversNonce).update(verifiersNonce).digest();
}

function probe(key: Buffer, nonce: Buffer): Buffer {
  return createHash('shake256', { outputLength: PROBE_BYTES })
    .update('muster probe\n')
    .update(key)
    .update(nonce)
    .digest();
}
