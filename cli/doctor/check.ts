import { errorReport } from '../errorText.js';

/** `warning`: runs work, but not all that there could be. */
export type CheckStatus = 'ok' | 'warning' | 'failed';

/** One thing that was looked at. */
export interface Check {
  /** Stable, for machines: `credentials`, `lambda-concurrency`, ... */
  readonly name: string;
  readonly status: CheckStatus;
  /** What was found, as a sentence. */
  readonly found: string;
  /** What to do, where something is to be done. */
  readonly remedy?: string;
}

export const ok = (name: string, found: string): Check => ({ name, status: 'ok', found });
export const warning = (name: string, found: string, remedy: string): Check => ({
  name,
  status: 'warning',
  found,
  remedy,
});
export const failed = (name: string, found: string, remedy: string): Check => ({
  name,
  status: 'failed',
  found,
  remedy,
});

/** Looks at something; what it throws is a finding of its own, and no other look is kept from its turn. */
export async function look(
  name: string,
  remedy: string,
  work: () => Promise<Check>,
  whenThrown: 'warning' | 'failed' = 'failed',
): Promise<Check> {
  try {
    return await work();
  } catch (error) {
    const { code, message, hint } = errorReport(error);
    return { name, status: whenThrown, found: `${message} [${code}]`, remedy: hint ?? remedy };
  }
}
