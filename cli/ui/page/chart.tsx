import { LineChart, type LineSeriesOption } from 'echarts/charts';
import {
  GridComponent,
  type GridComponentOption,
  LegendComponent,
  type LegendComponentOption,
  TooltipComponent,
  type TooltipComponentOption,
} from 'echarts/components';
import { type ComposeOption, init, use } from 'echarts/core';
import { CanvasRenderer } from 'echarts/renderers';
import { useEffect, useRef, useState } from 'preact/hooks';

use([LineChart, GridComponent, LegendComponent, TooltipComponent, CanvasRenderer]);

export type ChartOption = ComposeOption<
  LineSeriesOption | GridComponentOption | LegendComponentOption | TooltipComponentOption
>;

/** The page's colours; a canvas knows nothing of its style sheet. */
export interface Ink {
  readonly text: string;
  readonly muted: string;
  readonly rule: string;
  readonly panel: string;
  readonly accent: string;
  readonly second: string;
  readonly good: string;
  readonly bad: string;
}

function inkOf(element: Element): Ink {
  const style = getComputedStyle(element);
  const color = (name: string) => style.getPropertyValue(`--${name}`).trim();
  return {
    text: color('text'),
    muted: color('muted'),
    rule: color('rule'),
    panel: color('panel'),
    accent: color('accent'),
    second: color('second'),
    good: color('good'),
    bad: color('bad'),
  };
}

/** Parts that all charts of the page share. */
export function baseOption({ text, muted, rule, panel }: Ink) {
  const label = { color: muted, fontFamily: 'system-ui, sans-serif', fontSize: 12 };
  return {
    axis: {
      axisLine: { show: false },
      axisTick: { show: false },
      axisLabel: { ...label, hideOverlap: true },
      splitLine: { lineStyle: { color: rule } },
      nameTextStyle: label,
    },
    legend: { textStyle: label, icon: 'roundRect', itemWidth: 11, itemHeight: 11, left: 0, top: 0 },
    // Drawn into the canvas: markup with styles of its own is what the page's policy forbids.
    tooltip: {
      trigger: 'axis',
      renderMode: 'richText',
      backgroundColor: panel,
      borderColor: rule,
      textStyle: { ...label, color: text },
    },
  } as const;
}

/**
 * A chart; what it shows stands in a table beside it for who cannot see it.
 *
 * @param label - What the picture shows.
 * @param draw - Called anew when the colours change.
 */
export function Chart({ label, height, draw }: { label: string; height: number; draw: (ink: Ink) => ChartOption }) {
  const place = useRef<HTMLDivElement>(null);
  const chart = useRef<ReturnType<typeof init> | undefined>(undefined);
  const [scheme, setScheme] = useState('');
  useEffect(() => {
    const element = place.current;
    if (!element) return;
    const drawn = init(element, null, { height });
    chart.current = drawn;
    const resized = new ResizeObserver(() => drawn.resize());
    resized.observe(element);
    const dark = matchMedia('(prefers-color-scheme: dark)');
    const recolour = () => setScheme(String(dark.matches));
    dark.addEventListener('change', recolour);
    return () => {
      dark.removeEventListener('change', recolour);
      resized.disconnect();
      drawn.dispose();
    };
  }, [height]);
  useEffect(() => {
    if (!place.current) return;
    const still = matchMedia('(prefers-reduced-motion: reduce)').matches;
    chart.current?.setOption(
      { animation: !still, animationDuration: 200, ...draw(inkOf(place.current)) },
      { notMerge: true },
    );
  }, [draw, scheme]);
  return <div class="chart" ref={place} role="img" aria-label={label} data-height={height} />;
}
