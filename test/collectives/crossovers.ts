import { type Crossover, crossover } from '../../collectives/algorithms/crossover.js';

const rule = <Name extends string>(algorithm: Name) => [{ algorithm }];
/** The first algorithm up to a few bytes, so that both are used in one operation. */
const mixed = <Name extends string>(short: Name, long: Name) => [
  { algorithm: short, maxBytes: 16 },
  { algorithm: long },
];

/** Tables that bring every algorithm into play with arrays of a few elements. */
export const crossovers: Readonly<Record<string, Crossover>> = {
  shipped: crossover,
  short: {
    pieceBytes: 16,
    bcast: rule('binomial'),
    reduce: rule('tree'),
    allreduce: rule('tree'),
    reduceScatter: rule('tree'),
    scan: rule('doubling'),
    gather: rule('binomial'),
    scatter: rule('binomial'),
    allgather: rule('bruck'),
    alltoall: rule('bruck'),
  },
  pairwise: {
    pieceBytes: 16,
    bcast: rule('chain'),
    reduce: rule('pairwise'),
    allreduce: rule('pairwise'),
    reduceScatter: rule('pairwise'),
    scan: rule('chain'),
    gather: mixed('binomial', 'direct'),
    scatter: mixed('binomial', 'direct'),
    allgather: rule('ring'),
    alltoall: rule('direct'),
  },
  halving: {
    pieceBytes: 24,
    bcast: mixed('binomial', 'chain'),
    reduce: rule('halving'),
    allreduce: rule('halving'),
    reduceScatter: rule('halving'),
    scan: mixed('doubling', 'chain'),
    gather: rule('direct'),
    scatter: rule('direct'),
    allgather: mixed('bruck', 'ring'),
    alltoall: mixed('bruck', 'direct'),
  },
};
