/** What a request says about its own signature, before anything of it is believed. */
export interface SignatureClaim {
  form: 'header' | 'query';
  accessKeyId: string;
  /** Day of the credential scope, `YYYYMMDD`. */
  date: string;
  region: string;
  service: string;
  /** `YYYYMMDDTHHMMSSZ`. */
  timestamp: string;
  /** The timestamp in ms since 1970. */
  signedAtMs: number;
  /** Validity of a presigned URL in seconds; 0 for the header form. */
  expiresS: number;
  /** Lower-case names in the order that was signed. */
  signedHeaders: string[];
  /** 64 hexadecimal digits. */
  signature: string;
}

/** A signature that cannot be read. Stays inside the verification, which answers with it. */
export class SignatureClaimFault extends Error {
  readonly fault: 'malformed' | 'unsupportedAlgorithm';

  constructor(fault: 'malformed' | 'unsupportedAlgorithm', message: string) {
    super(message);
    this.name = 'SignatureClaimFault';
    this.fault = fault;
  }
}

const algorithm = 'AWS4-HMAC-SHA256';
const maxExpiresS = 7 * 24 * 3600;

/** Reads `AWS4-HMAC-SHA256 Credential=..., SignedHeaders=..., Signature=...`. */
export function parseAuthorization(authorization: string, headers: Map<string, string>): SignatureClaim {
  const blank = authorization.indexOf(' ');
  const scheme = blank < 0 ? authorization : authorization.slice(0, blank);
  requireAlgorithm(scheme);
  const fields = new Map<string, string>();
  for (const field of authorization.slice(scheme.length).split(',')) {
    const mark = field.indexOf('=');
    if (mark > 0) fields.set(field.slice(0, mark).trim(), field.slice(mark + 1).trim());
  }
  const missing = ['Credential', 'SignedHeaders', 'Signature'].filter((name) => !fields.get(name));
  if (missing.length > 0) throw malformed(`The Authorization header lacks ${missing.join(', ')}.`);
  const timestamp = headers.get('x-amz-date') ?? httpDateToTimestamp(headers.get('date'));
  if (timestamp === undefined) throw malformed('The request has neither an x-amz-date nor a date header.');
  return readClaim('header', timestamp, 0, {
    credential: fields.get('Credential')!,
    signedHeaders: fields.get('SignedHeaders')!,
    signature: fields.get('Signature')!,
  });
}

/** Reads the `X-Amz-*` parameters of a presigned URL. */
export function parsePresignedQuery(query: Map<string, string>): SignatureClaim {
  requireAlgorithm(query.get('X-Amz-Algorithm') ?? algorithm);
  const names = ['X-Amz-Credential', 'X-Amz-Date', 'X-Amz-Expires', 'X-Amz-SignedHeaders', 'X-Amz-Signature'];
  const missing = ['X-Amz-Algorithm', ...names].filter((name) => !query.get(name));
  if (missing.length > 0) throw malformed(`The presigned URL lacks ${missing.join(', ')}.`);
  const expires = query.get('X-Amz-Expires')!;
  if (!/^\d{1,7}$/.test(expires) || Number(expires) < 1 || Number(expires) > maxExpiresS) {
    throw malformed(`X-Amz-Expires is ${expires}; it must be a number of seconds from 1 to ${maxExpiresS}.`);
  }
  return readClaim('query', query.get('X-Amz-Date')!, Number(expires), {
    credential: query.get('X-Amz-Credential')!,
    signedHeaders: query.get('X-Amz-SignedHeaders')!,
    signature: query.get('X-Amz-Signature')!,
  });
}

function readClaim(
  form: SignatureClaim['form'],
  timestamp: string,
  expiresS: number,
  text: { credential: string; signedHeaders: string; signature: string },
): SignatureClaim {
  // An access key may hold slashes; the scope never does.
  const scope = /^(.+)\/(\d{8})\/([^/]+)\/([^/]+)\/aws4_request$/.exec(text.credential);
  if (!scope) {
    throw malformed(`The credential ${text.credential} is not of the form KEY/YYYYMMDD/REGION/SERVICE/aws4_request.`);
  }
  const [, accessKeyId, date, region, service] = scope;
  const signedAtMs = timestampToMs(timestamp);
  if (signedAtMs === undefined) throw malformed(`The date ${timestamp} is not of the form YYYYMMDDTHHMMSSZ.`);
  if (!timestamp.startsWith(date)) throw malformed(`The credential is of ${date}, but the request of ${timestamp}.`);
  if (!/^[0-9a-f]{64}$/.test(text.signature)) throw malformed('The signature is not 64 hexadecimal digits.');
  const signedHeaders = text.signedHeaders.toLowerCase().split(';');
  return {
    form,
    accessKeyId,
    date,
    region,
    service,
    timestamp,
    signedAtMs,
    expiresS,
    signedHeaders,
    signature: text.signature,
  };
}

function requireAlgorithm(given: string): void {
  if (given === algorithm) return;
  throw new SignatureClaimFault('unsupportedAlgorithm', `Signatures must use ${algorithm}, not ${given}.`);
}

function malformed(message: string): SignatureClaimFault {
  return new SignatureClaimFault('malformed', message);
}

function timestampToMs(timestamp: string): number | undefined {
  const parts = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(timestamp);
  if (!parts) return undefined;
  const [, year, month, day, hour, minute, second] = parts;
  const ms = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  return Number.isNaN(ms) ? undefined : ms;
}

function httpDateToTimestamp(date: string | undefined): string | undefined {
  const ms = date === undefined ? Number.NaN : Date.parse(date);
  if (Number.isNaN(ms)) return undefined;
  return new Date(ms).toISOString().replace(/[-:]/g, '').replace(/\.\d+/, '');
}
