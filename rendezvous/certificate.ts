import { X509Certificate } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { generate } from 'selfsigned';
import { messageOf } from '../run/errors.js';
import { RendezvousOptionsError } from './errors.js';

const VALID_YEARS = 10;
const CERTIFICATE_FILE = 'rendezvous.cert.pem';
const KEY_FILE = 'rendezvous.key.pem';

/** What a TLS server shows and keeps, as PEM. */
export interface ServerCertificate {
  readonly certificate: string;
  readonly privateKey: string;
  /** SHA-256 of the certificate, 64 hex digits. */
  readonly fingerprint: string;
}

/** A new self-made certificate (ECDSA P-256), good for those who know its fingerprint. */
export async function makeCertificate(): Promise<ServerCertificate> {
  const notAfterDate = new Date();
  notAfterDate.setFullYear(notAfterDate.getFullYear() + VALID_YEARS);
  const subject = [{ name: 'commonName', value: 'muster rendezvous' }];
  const made = await generate(subject, { keyType: 'ec', curve: 'P-256', algorithm: 'sha256', notAfterDate });
  return { certificate: made.cert, privateKey: made.private, fingerprint: fingerprintOf(made.cert) };
}

/**
 * The certificate that a directory keeps; made and kept there the first time, so that a server that starts again has
 * the same fingerprint. The key is readable by its owner only.
 *
 * @throws RendezvousOptionsError when the directory cannot be used or holds something else.
 */
export async function keptCertificate(directory: string): Promise<ServerCertificate> {
  const [certificateFile, keyFile] = [join(directory, CERTIFICATE_FILE), join(directory, KEY_FILE)];
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    const kept = await Promise.all([readIfPresent(certificateFile), readIfPresent(keyFile)]);
    const [certificate, privateKey] = kept;
    if (certificate !== undefined && privateKey !== undefined) {
      return { certificate, privateKey, fingerprint: fingerprintOf(certificate) };
    }
    const made = await makeCertificate();
    await writeWhole(keyFile, made.privateKey);
    await writeWhole(certificateFile, made.certificate);
    return made;
  } catch (error) {
    throw new RendezvousOptionsError([`certificate directory ${directory} cannot be used: ${messageOf(error)}`]);
  }
}

function fingerprintOf(certificate: string): string {
  return new X509Certificate(certificate).fingerprint256.replaceAll(':', '').toLowerCase();
}

async function readIfPresent(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Under its own name only once it is whole. */
async function writeWhole(path: string, content: string): Promise<void> {
  const unfinished = `${path}.${process.pid}`;
  await writeFile(unfinished, content, { mode: 0o600 });
  await rename(unfinished, path);
}
