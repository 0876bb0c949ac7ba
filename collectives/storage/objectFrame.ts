import { crc32 } from 'node:zlib';
import type { Message } from '../channel.js';
import { CorruptMessageError } from './errors.js';

const magic = 0x4d53_5452;
const version = 1;

/** Bytes before the payload: magic, version, datatype, communicator, tag, length (8 bytes), CRC-32 of all of that and the payload. */
const headerBytes = 32;
const crcAt = 28;

export interface ObjectFrame {
  readonly communicator: number;
  readonly tag: number;
  readonly message: Message;
}

/** One message as an object. The payload is copied, so that the caller may change it at once. */
export function encodeObjectFrame({ communicator, tag, message }: ObjectFrame): Uint8Array {
  const { bytes, datatype } = message;
  const object = Buffer.allocUnsafeSlow(headerBytes + bytes.byteLength);
  object.fill(0, 0, headerBytes);
  object.writeUInt32LE(magic, 0);
  object.writeUInt32LE(version, 4);
  object.writeUInt32LE(datatype, 8);
  object.writeUInt32LE(communicator, 12);
  object.writeUInt32LE(tag, 16);
  object.writeBigUInt64LE(BigInt(bytes.byteLength), 20);
  object.set(bytes, headerBytes);
  object.writeUInt32LE(checksum(object), crcAt);
  return object;
}

/**
 * The message that an object holds, in the memory of the object.
 *
 * @throws CorruptMessageError
 */
export function decodeObjectFrame(name: string, object: Uint8Array): ObjectFrame {
  const refuse = (fault: string) => new CorruptMessageError(name, fault);
  if (object.byteLength < headerBytes) throw refuse(`it has ${object.byteLength} bytes, less than a header`);
  const view = new DataView(object.buffer, object.byteOffset, object.byteLength);
  if (view.getUint32(0, true) !== magic) throw refuse('it does not begin as a message does');
  if (view.getUint32(4, true) !== version) throw refuse(`it is of version ${view.getUint32(4, true)}, not ${version}`);
  const length = Number(view.getBigUint64(20, true));
  const present = object.byteLength - headerBytes;
  if (length !== present) throw refuse(`its payload has ${present} bytes, where its header says ${length}`);
  if (view.getUint32(crcAt, true) !== checksum(object)) throw refuse('its checksum does not match');
  return {
    communicator: view.getUint32(12, true),
    tag: view.getUint32(16, true),
    message: { datatype: view.getUint32(8, true), bytes: object.subarray(headerBytes) },
  };
}

/** Of everything but the checksum itself. */
function checksum(object: Uint8Array): number {
  return crc32(object.subarray(headerBytes), crc32(object.subarray(0, crcAt)));
}
