import type { ComparisonView } from '@parallax/protocol';
import type { Shown } from './shown.ts';

/** What every chart of the page is given. */
export type ChartProps = {
  view: ComparisonView;
  shown: Shown;
  /** The window on the time axes, ms. */
  fromMs: number;
  toMs: number;
  formatTick: (atMs: number) => string;
  onSelect: (fromMs: number, toMs: number) => void;
  /** Beginning of the names of saved files. */
  fileName: string;
};

/** Charts of this page share their crosshair. */
export const crosshair = 'comparison';
