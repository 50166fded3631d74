'use client';
import { useTheme } from 'next-themes';
import { type RefObject, useEffect, useRef } from 'react';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';

/** A colour of the theme as it is now. */
export const css = (name: string): string => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

/** How every axis looks. */
export const axisLook: uPlot.Axis = {
  stroke: () => css('faint'),
  grid: { stroke: () => css('line'), width: 1 },
  ticks: { show: false },
  font: '11px "Liberation Sans", Arial, sans-serif',
};

/** Round values for a logarithmic axis: 1, 2 and 5 of each ten-fold, fewer over many. */
export function logSplits(min: number, max: number): number[] {
  const tenfolds = Math.log10(max / min);
  const steps = tenfolds > 4 ? [1] : tenfolds > 2.2 ? [1, 3] : [1, 2, 5];
  const splits: number[] = [];
  for (let power = 10 ** Math.floor(Math.log10(min)); power <= max; power *= 10)
    for (const step of steps) if (power * step >= min && power * step <= max) splits.push(power * step);
  return splits;
}

/** An axis of a logarithmic scale. */
export const logAxis = (format: (value: number) => string): uPlot.Axis => ({
  ...axisLook,
  splits: (_, __, min, max) => logSplits(min, max),
  filter: (_, splits) => splits,
  values: (_, ticks) => ticks.map((value) => (value === null ? '' : format(value))),
});

/** Share of the crosshair between charts of the same name, by the value under it; what is dragged stays in its own chart. */
export const sharedCrosshair = (key: string): uPlot.Cursor.Sync => ({ key, filters: { pub: (type) => type === 'mousemove' || type === 'mouseleave' } });

/** A plot in the returned element: made once by `make`, fed with `data` and drawn anew when `moved` changes, as wide as its place. */
export function usePlot(
  heightPx: number,
  make: () => Omit<uPlot.Options, 'width' | 'height'>,
  data: uPlot.AlignedData,
  moved: readonly unknown[],
): [RefObject<HTMLDivElement | null>, RefObject<uPlot | null>] {
  const host = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const { resolvedTheme } = useTheme();

  // biome-ignore lint/correctness/useExhaustiveDependencies: the plot is made once and then fed
  useEffect(() => {
    const element = host.current!;
    const made = new uPlot({ ...make(), width: element.clientWidth, height: heightPx }, data, element);
    plot.current = made;
    const observer = new ResizeObserver(() => made.setSize({ width: element.clientWidth, height: heightPx }));
    observer.observe(element);
    return () => {
      observer.disconnect();
      made.destroy();
      plot.current = null;
    };
  }, []);

  useEffect(() => plot.current?.setData(data), [data, ...moved]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: colours are read from the theme when drawing
  useEffect(() => plot.current?.redraw(false), [resolvedTheme]);
  return [host, plot];
}
