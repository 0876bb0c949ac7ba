import { LiveRegion } from '../terminal/liveRegion.js';
import type { Terminal } from '../terminal/terminal.js';
import { progressLine, progressLines } from './progressLines.js';
import type { RunProgress } from './runProgress.js';

/** At least so long between two log lines that differ in figures alone. */
const sparseIntervalMs = 10_000;

/** Shows how a run gets on. */
export interface ProgressDisplay {
  show(progress: RunProgress): void;
  end(): void;
}

/** A display for the terminal at hand: redrawn in place where that works, else a line now and then. */
export function progressDisplay(terminal: Terminal): ProgressDisplay {
  return terminal.interactive ? new LiveDisplay(terminal) : new SparseDisplay((line) => terminal.note(line));
}

class LiveDisplay implements ProgressDisplay {
  readonly #region: LiveRegion;
  readonly #terminal: Terminal;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
    this.#region = new LiveRegion(terminal.stderr);
  }

  show(progress: RunProgress): void {
    this.#region.draw(progressLines(progress, this.#terminal.noteColours));
  }

  end(): void {
    this.#region.keep();
  }
}

/** Writes a line when the state changes or a tenth of the work is done, and otherwise every ten seconds of the run. */
export class SparseDisplay implements ProgressDisplay {
  readonly #write: (line: string) => void;
  #lastKey = '';
  #lastShownMs = 0;

  constructor(write: (line: string) => void) {
    this.#write = write;
  }

  show(progress: RunProgress): void {
    const key = milestone(progress);
    if (key === this.#lastKey && progress.elapsedMs - this.#lastShownMs < sparseIntervalMs) return;
    this.#lastKey = key;
    this.#lastShownMs = progress.elapsedMs;
    this.#write(progressLine(progress));
  }

  end(): void {}
}

/** Of a long or wide run, every tenth is worth a line. */
const milestone = ({ status, stateName, ranks, share }: RunProgress): string =>
  [status, stateName, Math.floor(share * 10 + 1e-9), ranks?.failed].join(' ');
