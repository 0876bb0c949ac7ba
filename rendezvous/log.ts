/** The part of a logger that the rendezvous uses; the Powertools logger fits as it is. */
export interface RendezvousLogger {
  debug(message: string, details: Record<string, string | number | boolean>): void;
  info(message: string, details: Record<string, string | number | boolean>): void;
  warn(message: string, details: Record<string, string | number | boolean>): void;
}

export const silentLogger: RendezvousLogger = { debug() {}, info() {}, warn() {} };
