import { PartitionWriteError } from '../errors.js';
import type { PartitionFormat } from '../partition.js';
import type { ArrayContent, EncodedFile } from './arrayContent.js';
import { writeNpy, writeNpz } from './npy.js';
import { writeSafetensors } from './safetensors.js';
import { writePt } from './torch.js';

/**
 * Encodes arrays as a partition file.
 *
 * @throws PartitionWriteError when the format cannot hold them.
 */
export function writePartition(format: PartitionFormat, arrays: readonly ArrayContent[]): EncodedFile {
  switch (format) {
    case 'pt':
      return writePt(arrays);
    case 'safetensors':
      return writeSafetensors(arrays);
    case 'npz':
      return writeNpz(arrays);
    case 'npy': {
      const [array] = arrays;
      if (array && arrays.length === 1) return writeNpy(array);
      throw new PartitionWriteError(`An .npy file holds one array, not ${arrays.length}.`, {
        remedy: 'Select one array, or write .npz.',
      });
    }
  }
}
