/** How often a run is looked at: the embedded cloud can be asked at will, AWS has quotas on these calls. */
export const pollIntervalMs = { local: 150, aws: 2_000 } as const;
