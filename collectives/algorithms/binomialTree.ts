/** A rank's place in a binomial tree. Counted from the root, the ranks of a subtree follow one another. */
export interface BinomialPlace {
  readonly parent: number | undefined;
  /** In the order in which their subtrees follow this rank. */
  readonly children: readonly { readonly rank: number; readonly size: number }[];
}

/**
 * Ranks are counted from the root; the parent of a rank differs in its lowest set bit, its children in a lower one.
 */
export function binomialTree(worldSize: number, rank: number, root: number): BinomialPlace {
  const relative = (rank - root + worldSize) % worldSize;
  const children: { rank: number; size: number }[] = [];
  let bit = 1;
  for (; bit < worldSize && (relative & bit) === 0; bit *= 2) {
    const child = relative + bit;
    if (child >= worldSize) continue;
    children.push({ rank: (child + root) % worldSize, size: Math.min(bit, worldSize - child) });
  }
  return { parent: relative === 0 ? undefined : (relative - bit + root) % worldSize, children };
}
