/** What the command's exit status says. */
export const exitCodes = {
  /** Everything that was asked for is done. */
  success: 0,
  /** Something failed, a rank or a whole run included. */
  failure: 1,
  /** The command line itself is wrong. */
  usage: 2,
  /** Ended by Ctrl-C. */
  interrupted: 130,
  /** Ended because nobody reads what it writes. */
  unread: 141,
  /** Ended by SIGTERM. */
  terminated: 143,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];
