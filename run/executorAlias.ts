/** The alias of the executor's version with so much memory. */
export const memoryAlias = (memoryMb: number): string => `memory-${memoryMb}`;

/** The memory that an alias of this kind stands for. */
export function memoryOfAlias(alias: string): number | undefined {
  const [, digits] = /^memory-(\d+)$/.exec(alias) ?? [];
  return digits === undefined ? undefined : Number(digits);
}

/** The executor as it was deployed, without a version of its own. */
export const latestVersion = '$LATEST';
