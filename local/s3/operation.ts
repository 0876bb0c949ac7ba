import type { Reply } from './reply.js';
import type { S3Request } from './request.js';
import type { ObjectStore } from './store/objectStore.js';

/** What operations work with. */
export interface OperationContext {
  store: ObjectStore;
  region: string;
}

/**
 * One operation of S3: which requests mean it, what it understands, and what it does. A query parameter or an
 * `x-amz-*` header that is not listed is refused by name, never ignored.
 */
export interface Operation {
  name: string;
  method: 'GET' | 'HEAD' | 'PUT' | 'POST' | 'DELETE';
  resource: 'service' | 'bucket' | 'object';
  /** Query parameter that tells this operation from others of the same method and resource. */
  marker?: string;
  /** Header that tells it likewise. */
  markerHeader?: string;
  query?: readonly string[];
  /** `x-amz-*` headers; one that ends in `*` stands for all that begin so. */
  headers?: readonly string[];
  run(request: S3Request, reply: Reply, context: OperationContext): Promise<void>;
}
