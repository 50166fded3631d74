'use client';
import { useMemo, useRef } from 'react';
import type uPlot from 'uplot';
import { css, logAxis, usePlot } from './use-plot.ts';

type Props = {
  label: string;
  /** Online and target latency of the same exchange, µs. */
  pairs: readonly (readonly [number, number])[];
  heightPx: number;
  formatAxis: (us: number) => string;
};

/** Both axes show the same span, so that the line of equal latency is the diagonal. */
function span(pairs: Props['pairs']): [number, number] {
  let least = Number.POSITIVE_INFINITY;
  let most = 1;
  for (const [online, target] of pairs) {
    least = Math.min(least, online, target);
    most = Math.max(most, online, target);
  }
  return pairs.length === 0 ? [100, 10_000] : [Math.max(1, least) / 1.3, most * 1.3];
}

/** Every chosen exchange as a point: above the diagonal, the target took longer. */
export function ScatterChart(props: Props) {
  const { label, pairs, heightPx } = props;
  const ends = useMemo(() => span(pairs), [pairs]);
  const latest = useRef({ ...props, ends });
  latest.current = { ...props, ends };
  const data = useMemo((): uPlot.AlignedData => [[...ends], [null, null]], [ends]);
  const axis = (size: number, label: string): uPlot.Axis => ({
    ...logAxis((value) => latest.current.formatAxis(value)),
    size,
    label,
    labelSize: 14,
    labelFont: '11px "Liberation Sans", Arial, sans-serif',
  });
  const [host] = usePlot(
    heightPx,
    () => ({
      padding: [8, 26, 0, 0],
      legend: { show: false },
      cursor: { show: false },
      scales: {
        x: { time: false, distr: 3, range: () => [...latest.current.ends] },
        y: { distr: 3, range: () => [...latest.current.ends] },
      },
      axes: [axis(24, 'online'), axis(52, 'target')],
      series: [{}, {}],
      hooks: { draw: [(plot) => drawPairs(plot, latest.current.pairs)] },
    }),
    data,
    [pairs],
  );
  return (
    <figure aria-label={label} className="min-w-0">
      <figcaption className="mb-1 flex min-h-5 items-center gap-4 text-xs text-soft">
        <span data-legend="soft" className="flex items-center gap-1.5">
          <svg aria-hidden="true" width="20" height="10">
            <line x1="0" x2="20" y1="9" y2="1" stroke="var(--soft)" strokeWidth="1.5" strokeDasharray="4 3" />
          </svg>
          <span>equal</span>
        </span>
        <span>above: the target took longer</span>
      </figcaption>
      <div ref={host} aria-hidden="true" style={{ height: heightPx }} />
    </figure>
  );
}

function drawPairs(plot: uPlot, pairs: Props['pairs']): void {
  const { ctx, bbox } = plot;
  const ratio = window.devicePixelRatio || 1;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  ctx.strokeStyle = css('soft');
  ctx.lineWidth = ratio;
  ctx.setLineDash([4 * ratio, 3 * ratio]);
  ctx.beginPath();
  ctx.moveTo(bbox.left, bbox.top + bbox.height);
  ctx.lineTo(bbox.left + bbox.width, bbox.top);
  ctx.stroke();
  ctx.fillStyle = css('text');
  ctx.globalAlpha = pairs.length > 300 ? 0.35 : 0.55;
  for (const [online, target] of pairs) {
    ctx.beginPath();
    ctx.arc(plot.valToPos(Math.max(1, online), 'x', true), plot.valToPos(Math.max(1, target), 'y', true), 1.8 * ratio, 0, 2 * Math.PI);
    ctx.fill();
  }
  ctx.restore();
}
