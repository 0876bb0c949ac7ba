import { isIP } from 'node:net';
import { z } from 'zod';

/** One end of a TCP connection. */
export const endpointSchema = z.object({
  address: z.string().refine((address) => isIP(address) !== 0, 'must be an IP address'),
  port: z.int().min(1).max(65_535),
});
export type Endpoint = z.infer<typeof endpointSchema>;

/** What one rank says of itself when it wants a direct link: the payload of a frame of kind `introduce`. */
export const offerSchema = z.object({
  /** 1, and one more for each link of this pair that did not come about. */
  attempt: z.int().min(1),
  /** Where its connection to the rendezvous begins, seen from its own side of any NAT. */
  local: endpointSchema,
  /** Where the second port of the rendezvous saw it; `null` when it could not be asked. */
  seen: endpointSchema.nullable(),
  /** Where others of the same network may connect to it; `null` when it listens nowhere. */
  listening: endpointSchema.nullable(),
  /** Where the second port saw the one that it wants to punch from; `null` for that of its rendezvous connection. */
  punching: endpointSchema.nullable(),
});
export type Offer = z.infer<typeof offerSchema>;

/**
 * How to reach the other one: the payload of a frame of kind `introduction`, whose `source` is the other rank and whose
 * `tag` numbers the link.
 */
export const introductionSchema = z.discriminatedUnion('how', [
  /** Both connect from the port that they punch from to that of the other, at the same moment. */
  z.object({ how: z.literal('punch'), peer: endpointSchema, key: z.base64() }),
  /** Each connects to where the other listens, and reads what comes that way. */
  z.object({ how: z.literal('connect'), peer: endpointSchema, key: z.base64() }),
  z.object({ how: z.literal('relay'), reason: z.string() }),
]);
export type Introduction = z.infer<typeof introductionSchema>;

/** The end of a socket, or `undefined` while it has none. An IPv4 address loses its IPv6 clothing. */
export function endpointOf(address: string | undefined, port: number | undefined): Endpoint | undefined {
  if (address === undefined || port === undefined) return undefined;
  return { address: address.replace(/^::ffff:(?=\d+\.)/i, ''), port };
}

/** Whether two ends are the same. */
export function sameEndpoint(one: Endpoint, other: Endpoint): boolean {
  return one.address === other.address && one.port === other.port;
}
