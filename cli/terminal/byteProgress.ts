import cliProgress from 'cli-progress';
import { byteRate, bytes, clock, count } from './quantities.js';
import type { Terminal } from './terminal.js';

/** How far work has come that is measured in bytes and comes in items such as files. */
export interface ByteProgressState {
  readonly doneBytes: number;
  readonly totalBytes: number;
  readonly doneItems: number;
  readonly totalItems: number;
  readonly elapsedMs: number;
}

/** The words beside the bar: ` 45 %  120 MB of 267 MB  45.2 MB/s  ETA 0:03  12/40 files`. */
export function byteProgressWords(state: ByteProgressState, noun: string): string {
  const { doneBytes, totalBytes, doneItems, totalItems, elapsedMs } = state;
  const share = totalBytes > 0 ? doneBytes / totalBytes : 1;
  const rate = elapsedMs > 0 ? (doneBytes * 1000) / elapsedMs : 0;
  return [
    `${String(Math.floor(share * 100)).padStart(3)} %`,
    `${bytes(doneBytes)} of ${bytes(totalBytes)}`,
    ...(rate > 0 ? [byteRate(rate)] : []),
    ...(rate > 0 && doneBytes < totalBytes ? [`ETA ${clock(((totalBytes - doneBytes) * 1000) / rate)}`] : []),
    `${count(doneItems)}/${count(totalItems)} ${noun}`,
  ].join('  ');
}

/** At least so long between two lines where nothing can be redrawn. */
const sparseIntervalMs = 5_000;

export interface ByteProgressOptions {
  readonly title: string;
  readonly totalBytes: number;
  readonly totalItems: number;
  /** What the items are, such as `files`. */
  readonly noun: string;
}

/** Shows how far work over bytes has come: as a bar, or where nothing can be redrawn by a line every few seconds. */
export class ByteProgress {
  readonly #terminal: Terminal;
  readonly #options: ByteProgressOptions;
  readonly #bar: cliProgress.SingleBar | undefined;
  readonly #startedAt = performance.now();
  #shownAtMs = 0;
  #doneBytes = 0;
  #doneItems = 0;

  constructor(terminal: Terminal, options: ByteProgressOptions) {
    this.#terminal = terminal;
    this.#options = options;
    if (!terminal.interactive) return;
    this.#bar = new cliProgress.SingleBar({
      stream: process.stderr,
      barsize: 24,
      barCompleteChar: '█',
      barIncompleteChar: '░',
      hideCursor: true,
      emptyOnZero: true,
      gracefulExit: false,
      format: (barOptions, { progress }) =>
        `${options.title}  ${cliProgress.Format.BarFormat(progress, barOptions)}  ${this.#words()}`,
    });
    this.#bar.start(options.totalBytes, 0);
  }

  addBytes(delta: number): void {
    this.#doneBytes += delta;
    this.#show();
  }

  addItem(): void {
    this.#doneItems++;
    this.#show();
  }

  /** Leaves the last state where it is. */
  stop(): void {
    this.#bar?.stop();
  }

  #words(): string {
    const { totalBytes, totalItems, noun } = this.#options;
    const [doneBytes, doneItems] = [this.#doneBytes, this.#doneItems];
    return byteProgressWords({ doneBytes, totalBytes, doneItems, totalItems, elapsedMs: this.#elapsedMs() }, noun);
  }

  #elapsedMs(): number {
    return performance.now() - this.#startedAt;
  }

  #show(): void {
    this.#bar?.update(this.#doneBytes);
    if (this.#bar || this.#elapsedMs() - this.#shownAtMs < sparseIntervalMs) return;
    this.#shownAtMs = this.#elapsedMs();
    this.#terminal.note(`${this.#options.title}  ${this.#words()}`);
  }
}
