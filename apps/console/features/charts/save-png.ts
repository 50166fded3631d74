'use client';
import { css } from './use-plot.ts';

const TITLE_PX = 30;
const LEGEND_PX = 20;

/** Saves the plots inside an element, with title and legend, as they are on the screen. */
export function savePng(element: HTMLElement, title: string, fileName: string): void {
  const ratio = window.devicePixelRatio || 1;
  const outer = element.getBoundingClientRect();
  const plots = [...element.querySelectorAll<HTMLElement>('.u-wrap')].filter((each) => each.getBoundingClientRect().height > 0);
  if (plots.length === 0) return;
  const legends = [...element.querySelectorAll<HTMLElement>('[data-legend]')];
  const top = Math.min(...plots.map((each) => each.getBoundingClientRect().top));
  const bottom = Math.max(...plots.map((each) => each.getBoundingClientRect().bottom));
  const head = TITLE_PX + LEGEND_PX;
  const canvas = document.createElement('canvas');
  canvas.width = Math.ceil(outer.width * ratio);
  canvas.height = Math.ceil((head + bottom - top + 8) * ratio);
  const context = canvas.getContext('2d')!;
  context.scale(ratio, ratio);
  context.fillStyle = css('panel');
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.textBaseline = 'middle';
  context.fillStyle = css('text');
  context.font = '600 13px "Liberation Sans", Arial, sans-serif';
  context.fillText(title, 8, TITLE_PX / 2 + 2);
  context.font = '11px "Liberation Sans", Arial, sans-serif';
  let x = 8;
  for (const legend of legends) {
    const label = legend.querySelector('span')?.textContent ?? '';
    context.fillStyle = css(legend.dataset.legend!);
    context.fillRect(x, TITLE_PX + 8, 14, 3);
    context.fillText(label, x + 19, TITLE_PX + 9);
    x += 33 + context.measureText(label).width;
  }
  for (const plot of plots) {
    const place = plot.getBoundingClientRect();
    const drawn = plot.querySelector('canvas');
    if (drawn) context.drawImage(drawn, place.left - outer.left, head + place.top - top, place.width, place.height);
  }
  canvas.toBlob((blob) => {
    if (blob === null) return;
    const link = document.createElement('a');
    link.href = URL.createObjectURL(blob);
    link.download = fileName;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  }, 'image/png');
}
