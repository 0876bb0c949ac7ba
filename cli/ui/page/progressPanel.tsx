import { clock, count, duration, figure, usd } from '../../terminal/quantities.js';
import type { ProgressView } from '../wire.js';
import { Figures } from './parts.js';

/** How a running run gets on. */
export function ProgressPanel({ progress }: { progress: ProgressView }) {
  const { ranks, share, stateName, samples, samplesPerSecond, etaMs } = progress;
  const perCent = Math.floor(share * 100);
  return (
    <section class="progress" aria-label="Progress">
      <div class="bar-line">
        <progress aria-label="Share of the work that is done" max={100} value={perCent} />
        <span>{perCent} %</span>
      </div>
      <p class="quiet">
        {stateName ?? 'Starting'}
        {ranks &&
          ` – of ${count(ranks.expected)} ranks ${count(ranks.waiting)} wait, ${count(ranks.running)} run, ${count(ranks.done)} are done, ${count(ranks.failed)} failed`}
      </p>
      <Figures
        items={[
          ['Time', clock(progress.elapsedMs)],
          ['Left', etaMs === undefined ? undefined : duration(etaMs)],
          ['Samples', count(samples)],
          ['Samples per second', samplesPerSecond === undefined ? undefined : figure(samplesPerSecond)],
          ['Cost so far', progress.usd === undefined ? undefined : usd(progress.usd), 'of the ranks, estimated'],
        ]}
      />
    </section>
  );
}
