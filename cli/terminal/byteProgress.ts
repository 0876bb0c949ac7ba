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

/** A bar over bytes; on a stream that is no terminal, a line every few seconds. */
export class ByteProgress {
  readonly #bar: cliProgress.SingleBar;
  readonly #startedAt = performance.now();
  readonly #totalBytes: number;
  readonly #totalItems: number;
  #doneBytes = 0;
  #doneItems = 0;

  constructor(terminal: Terminal, options: { title: string; totalBytes: number; totalItems: number; noun: string }) {
    const { title, totalBytes, totalItems, noun } = options;
    this.#totalBytes = totalBytes;
    this.#totalItems = totalItems;
    this.#bar = new cliProgress.SingleBar({
      stream: process.stderr,
      barsize: 24,
      barCompleteChar: '█',
      barIncompleteChar: '░',
      hideCursor: true,
      noTTYOutput: true,
      notTTYSchedule: sparseIntervalMs,
      emptyOnZero: true,
      gracefulExit: false,
      format: (barOptions, params) => {
        const words = byteProgressWords(this.state, noun);
        if (!terminal.interactive) return `${title}  ${words}`;
        return `${title}  ${cliProgress.Format.BarFormat(params.progress, barOptions)}  ${words}`;
      },
    });
    this.#bar.start(totalBytes, 0);
  }

  get state(): ByteProgressState {
    return {
      doneBytes: this.#doneBytes,
      totalBytes: this.#totalBytes,
      doneItems: this.#doneItems,
      totalItems: this.#totalItems,
      elapsedMs: performance.now() - this.#startedAt,
    };
  }

  addBytes(delta: number): void {
    this.#doneBytes += delta;
    this.#bar.update(this.#doneBytes);
  }

  addItem(): void {
    this.#doneItems++;
    this.#bar.update(this.#doneBytes);
  }

  stop(): void {
    this.#bar.stop();
  }
}
