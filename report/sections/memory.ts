import type { RunSummary } from '../../run/summary.js';
import { formatFigure, formatMemory, formatPercent } from '../format.js';
import { adviseMemory, type MemoryAdvice, vcpusOf } from '../memoryAdvice.js';
import type { SpreadFinding } from './spreadSection.js';

/** Memory used against memory configured, and what to configure instead. */
export function memory({ rows }: RunSummary): SpreadFinding | undefined {
  const advice = adviseMemory(rows);
  if (advice === undefined) return undefined;
  return {
    id: 'memory',
    title: 'Memory',
    lead: adviceSentence(advice),
    caption: 'Peak resident memory of each rank against the memory that is configured, and paid for.',
    column: 'Peak memory',
    spread: {
      label: `Peak memory of ${rows.length} ranks`,
      values: rows.map(({ rank, peakRssMb }) => ({ rank, value: peakRssMb })),
      format: formatMemory,
      reference: { name: 'configured', value: advice.configuredMb },
      fromZero: true,
      standsOutAbove: advice.configuredMb * 0.9,
    },
  };
}

function adviceSentence(advice: MemoryAdvice): string {
  const { configuredMb, peakMb, peakRank, busyVcpus, suggestedMb, decidedBy, verdict } = advice;
  const used = `At most ${formatMemory(peakMb)} (${formatPercent(peakMb / configuredMb)}) of ${formatMemory(configuredMb)} were used, at rank ${peakRank}.`;
  const busy = `Ranks kept ${formatFigure(Number(busyVcpus.toFixed(1)))} of ${formatFigure(Number(vcpusOf(configuredMb).toFixed(1)))} vCPUs busy on average.`;
  if (verdict === 'tight') return `${used} That leaves little room: configure ${formatMemory(suggestedMb)}. ${busy}`;
  if (verdict === 'fitting') return `${used} ${busy} The size fits.`;
  const reason =
    decidedBy === 'memory' ? 'which holds the peak' : 'which brings the vCPUs that were used and holds the peak';
  return `${used} ${busy} Try ${formatMemory(suggestedMb)}, ${reason} with a fifth to spare.`;
}
