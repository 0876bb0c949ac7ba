import type { Description, ObjectManifest, Segment } from './manifest.js';

/**
 * One version of an object in memory. Its blobs stay on disk while a reader holds a lease, even when the object has
 * been overwritten or deleted meanwhile; the last one out removes them.
 */
export class StoredObject {
  #manifest: ObjectManifest;
  #leases = 0;
  #remove: (() => void) | undefined;

  constructor(manifest: ObjectManifest) {
    this.#manifest = manifest;
  }

  get manifest(): ObjectManifest {
    return this.#manifest;
  }

  /** Keeps the blobs readable while `use` runs. */
  async hold<Result>(use: (manifest: ObjectManifest) => Promise<Result>): Promise<Result> {
    this.#leases += 1;
    try {
      return await use(this.#manifest);
    } finally {
      this.#leases -= 1;
      if (this.#leases === 0) this.#remove?.();
    }
  }

  /** The same version described otherwise. */
  describe(description: Description): void {
    this.#manifest = { ...this.#manifest, description };
  }

  /** Calls `remove` with the blobs as soon as nobody reads them. */
  retire(remove: (segments: readonly Segment[]) => void): void {
    this.#remove = () => remove(this.#manifest.segments);
    if (this.#leases === 0) this.#remove();
  }
}
