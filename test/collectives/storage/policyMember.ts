import { S3Client } from '@aws-sdk/client-s3';
import { Communicator } from '../../../collectives/communicator.js';
import { StorageChannel } from '../../../collectives/storage/storageChannel.js';
import type { StorageTiming } from '../../../collectives/storage/storageTiming.js';
import type { FailurePolicy } from '../../../rendezvous/protocol.js';
import { MusterError, messageOf } from '../../../run/errors.js';
import { ObjectFolder } from '../../../storage/objectFolder.js';
import { ObjectStore } from '../../../storage/objectStore.js';

/** What one rank in a process of its own is told. */
export interface PolicyMember {
  readonly endpoint: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  readonly bucket: string;
  readonly prefix: string;
  readonly rank: number;
  readonly worldSize: number;
  readonly generation: number;
  readonly failurePolicy: FailurePolicy;
  readonly timing: StorageTiming;
}

// It takes part in one barrier, says so, and then computes allreduces until it is killed, or told that it is out.
const { endpoint, credentials, bucket, prefix, ...member }: PolicyMember = JSON.parse(process.argv[2] ?? '');
const client = new S3Client({ endpoint, credentials, region: 'us-east-1', forcePathStyle: true, maxAttempts: 1 });
const exchange = new ObjectFolder(new ObjectStore(client), bucket, prefix);
const exchanges = { exchange, presenceExchange: exchange };
const channel = await StorageChannel.connect({ ...member, ...exchanges, runId: 'run', timeoutMs: 10_000 });
const communicator = new Communicator(channel);
await communicator.barrier();
process.send?.('ready');
try {
  for (;;) await communicator.allreduce(1, 'sum');
} catch (error) {
  process.send?.(error instanceof MusterError ? error.code : messageOf(error));
}
process.disconnect?.();
