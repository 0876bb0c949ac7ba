/** The channels that can be timed. */
export const benchChannels = ['memory', 'relay', 'direct', 'storage'] as const;
export type BenchChannel = (typeof benchChannels)[number];
