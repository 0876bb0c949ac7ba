import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { columnMajorStrides, rowMajorStrides, type StoredArray, spanOf } from '../../data/storedArray.js';
import { type Block, blocksOf } from '../../data/stream/blocks.js';

function stored(shape: number[], strides: number[], offset = 0): StoredArray {
  const storage = { length: 2 ** 40, locate: () => Promise.reject(new Error('not to be read')) };
  return { name: 'x', dtype: 'float32', shape, strides, storage, offset, bigEndian: false };
}

const sampleRanges = (blocks: Block[]) => blocks.map(({ firstSample, endSample }) => [firstSample, endSample]);

describe('blocks', () => {
  it('of a dense array hold whole batches where they fit', () => {
    const blocks = blocksOf(stored([100, 10], [10, 1]), 1000, 8);

    expect(blocks[0]).toMatchObject({ offset: 0, length: 960, firstSample: 0, endSample: 24 });
    expect(sampleRanges(blocks)).toEqual([
      [0, 24],
      [24, 48],
      [48, 72],
      [72, 96],
      [96, 100],
    ]);
  });

  it('of a dense array cut batches that do not fit into even parts', () => {
    const blocks = blocksOf(stored([4, 1000], [1000, 1], 12), 3000, 1);

    expect(blocks.map(({ offset, length }) => [offset, length]).slice(0, 3)).toEqual([
      [12, 2000],
      [2012, 2000],
      [4012, 2000],
    ]);
    expect(sampleRanges(blocks).slice(0, 3)).toEqual([
      [0, 1],
      [0, 1],
      [1, 2],
    ]);
  });

  it('of a small array are one', () => {
    expect(blocksOf(stored([100], [1]), 4096, 8)).toHaveLength(1);
    expect(blocksOf(stored([100, 2, 3], [6, 1, 2]), 4096, 8)).toHaveLength(1);
  });

  it('read far-apart rows without what lies between them, near ones with it', () => {
    const far = blocksOf(stored([5, 10], [1_000_000, 1]), 4096, 8);
    expect(far.map(({ offset, length }) => [offset, length])).toEqual(
      [0, 1, 2, 3, 4].map((row) => [row * 4_000_000, 40]),
    );
    const near = blocksOf(stored([5, 10], [20, 1]), 4096, 8);
    expect(near.map(({ offset, length }) => [offset, length])).toEqual([[0, 4 * 80 + 40]]);
  });

  it('of a column-major array run along its storage and belong to all samples', () => {
    const shape = [1000, 30];
    const blocks = blocksOf(stored(shape, columnMajorStrides(shape)), 12_000, 8);

    expect(blocks).toHaveLength(10);
    expect(new Set(sampleRanges(blocks).map(String))).toEqual(new Set(['0,1000']));
    expect(blocks.map(({ offset }) => offset)).toEqual(Array.from({ length: 10 }, (_, index) => index * 12_000));
  });

  it('hold every element once, within the bound, whatever the order of the axes', () => {
    const view = fc
      .array(fc.tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 3 })), { minLength: 1, maxLength: 4 })
      .chain((axes) =>
        fc
          .shuffledSubarray(
            axes.map((_, axis) => axis),
            { minLength: axes.length },
          )
          .map((order) => {
            // Strides grow along `order`, with gaps of up to three times the extent.
            const strides = new Array<number>(axes.length).fill(1);
            let stride = 1;
            for (const axis of order) {
              strides[axis] = stride;
              stride *= axes[axis][0] * axes[axis][1];
            }
            return stored(
              axes.map(([size]) => size),
              strides,
              8,
            );
          }),
      );
    fc.assert(
      fc.property(
        view,
        fc.integer({ min: 4, max: 400 }),
        fc.integer({ min: 1, max: 6 }),
        (array, chunkBytes, batch) => {
          const counts = new Map<number, number>();
          for (const block of blocksOf(array, chunkBytes, batch)) {
            expect(block.length).toBeLessThanOrEqual(Math.ceil(chunkBytes / 8) * 8);
            for (const element of elementsOf(array, block)) counts.set(element, (counts.get(element) ?? 0) + 1);
          }
          const total = array.shape.reduce((product, size) => product * size, 1);
          expect(counts.size).toBe(total);
          expect([...counts.values()].every((count) => count === 1)).toBe(true);
        },
      ),
      { numRuns: 300 },
    );
  });
});

/** Row-major numbers of the elements that a block holds; checks that they lie in its bytes and samples. */
function elementsOf({ shape, strides, offset }: StoredArray, block: Block): number[] {
  const { content } = block;
  const rowMajor = rowMajorStrides(shape);
  if (content.kind === 'dense') {
    return Array.from({ length: block.length / 4 }, (_, index) => content.target / 4 + index);
  }
  expect(spanOf(content.sizes, strides) * 4).toBe(block.length);
  let indices: number[][] = [[]];
  content.sizes.forEach((size, axis) => {
    indices = indices.flatMap((prefix) =>
      Array.from({ length: size }, (_, i) => [...prefix, content.starts[axis] + i]),
    );
  });
  return indices.map((index) => {
    const at = offset + 4 * index.reduce((sum, one, axis) => sum + one * strides[axis], 0);
    expect(at >= block.offset && at + 4 <= block.offset + block.length).toBe(true);
    expect(index[0] >= block.firstSample && index[0] < block.endSample).toBe(true);
    return index.reduce((sum, one, axis) => sum + one * rowMajor[axis], 0);
  });
}
