/** What it takes and what it costs. */
export interface TimeAndCost {
  readonly seconds: number;
  readonly usd: number;
}

/** Those that no other one beats: none is as quick and cheaper, or as cheap and quicker; the quickest first. */
export function paretoFront<T extends TimeAndCost>(points: readonly T[]): T[] {
  const front: T[] = [];
  for (const point of [...points].sort((left, right) => left.seconds - right.seconds || left.usd - right.usd)) {
    const cheapest = front.at(-1);
    if (cheapest === undefined || point.usd < cheapest.usd) front.push(point);
  }
  return front;
}
