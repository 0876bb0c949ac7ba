const unreserved = /^[A-Za-z0-9\-._~]*$/;
const unreservedOrSlash = /^[A-Za-z0-9\-._~/]*$/;

/**
 * The bytes that a part of a request target stands for (RFC 3986): `%XX` is one byte, anything else itself.
 * Works on bytes, so a target that is not UTF-8 has one well-defined reading too.
 */
export function percentDecodeBytes(text: string): Buffer {
  const raw = Buffer.from(text, 'latin1');
  if (!text.includes('%')) return raw;
  let length = 0;
  for (let at = 0; at < raw.length; at++) {
    const hex = raw[at] === 0x25 ? text.slice(at + 1, at + 3) : '';
    if (/^[0-9A-Fa-f]{2}$/.test(hex)) {
      raw[length++] = Number.parseInt(hex, 16);
      at += 2;
    } else {
      raw[length++] = raw[at];
    }
  }
  return raw.subarray(0, length);
}

/** Bytes in the one spelling that signatures use: unreserved characters as they are, anything else `%XX`, upper case. */
export function percentEncodeBytes(bytes: Buffer, keepSlash = false): string {
  const text = bytes.toString('latin1');
  if ((keepSlash ? unreservedOrSlash : unreserved).test(text)) return text;
  return text.replace(keepSlash ? /[^A-Za-z0-9\-._~/]/g : /[^A-Za-z0-9\-._~]/g, (character) => {
    return `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`;
  });
}
