/** One object as a listing shows it. */
export interface ListedObject {
  readonly name: string;
  /** Changes whenever the object is written with other content. */
  readonly etag: string;
}

/**
 * A place for objects that all ranks of one run see, and nobody else: a prefix of a bucket. Names are relative to it.
 * Like S3 it must be strongly consistent: what has been written is seen by every later read and listing.
 */
export interface ObjectExchange {
  put(name: string, bytes: Uint8Array): Promise<void>;
  /** Writes the object if nobody has before; whether it did. */
  putIfAbsent(name: string, bytes: Uint8Array): Promise<boolean>;
  /** Undefined when there is no such object. */
  get(name: string): Promise<Uint8Array | undefined>;
  /** Every object whose name begins so, however many pages that takes, in the order of their UTF-8 bytes. */
  list(prefix: string): Promise<readonly ListedObject[]>;
  /** Objects that are not there are no fault. */
  delete(names: readonly string[]): Promise<void>;
}
