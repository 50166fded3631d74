/** What keeps somebody from reading or using the page as it is now: text too faint (WCAG 2.2 §1.4.3), controls without a name (§4.1.2). Runs in the page. */
export function problemsOf() {
  const brush = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  const known = new Map();
  /** Any CSS colour as the browser paints it: red, green, blue of 255, and how opaque it is. */
  const colorOf = (text) => {
    const before = known.get(text);
    if (before) return before;
    brush.clearRect(0, 0, 1, 1);
    brush.fillStyle = text;
    brush.fillRect(0, 0, 1, 1);
    const [red = 0, green = 0, blue = 0, alpha = 0] = brush.getImageData(0, 0, 1, 1).data;
    const color = [red, green, blue, alpha / 255];
    known.set(text, color);
    return color;
  };
  const over = ([red, green, blue, alpha], [r, g, b]) => [red * alpha + r * (1 - alpha), green * alpha + g * (1 - alpha), blue * alpha + b * (1 - alpha), 1];
  const ancestors = (element) => (element.parentElement ? [...ancestors(element.parentElement), element] : [element]);
  const luminance = (color) => {
    const [red = 0, green = 0, blue = 0] = color.slice(0, 3).map((value) => (value <= 10 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const contrast = (element, ink) => {
    const behind = ancestors(element).reduce((below, each) => over(colorOf(getComputedStyle(each).backgroundColor), below), [255, 255, 255, 1]);
    const opacity = ancestors(element).reduce((product, each) => product * Number(getComputedStyle(each).opacity), 1);
    const [red, green, blue, alpha] = colorOf(ink);
    const [a, b] = [luminance(over([red, green, blue, alpha * opacity], behind)), luminance(behind)];
    return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
  };
  const isSeen = (box) => box.width > 1 && box.height > 1;
  const describe = (element) => `<${element.tagName.toLowerCase()}> "${(element.textContent ?? '').trim().slice(0, 50)}"`;
  const found = new Set();

  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = texts.nextNode(); node !== null; node = texts.nextNode()) {
    const element = node.parentElement;
    if (!element || !node.textContent?.trim() || element.closest('script, style, option, :disabled')) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    const style = getComputedStyle(element);
    if (!isSeen(range.getBoundingClientRect()) || !isSeen(element.getBoundingClientRect()) || style.visibility === 'hidden' || style.opacity === '0') continue;
    const isLarge = Number.parseFloat(style.fontSize) >= 24;
    const ratio = contrast(element, style.color);
    if (ratio < (isLarge ? 3 : 4.5)) found.add(`contrast ${ratio.toFixed(2)}: ${describe(element)}`);
  }

  for (const control of document.querySelectorAll('button, a[href], input:not([type=hidden]), select, textarea, summary, table, [role=dialog]')) {
    if (!isSeen(control.getBoundingClientRect())) continue;
    const labels = control instanceof HTMLInputElement || control instanceof HTMLSelectElement ? [...(control.labels ?? [])] : [];
    const byId = (control.getAttribute('aria-labelledby') ?? '').split(' ').map((id) => document.getElementById(id));
    const own = /^(BUTTON|A|SUMMARY)$/.test(control.tagName) ? control.textContent : '';
    const name = [control.getAttribute('aria-label'), own, ...[...labels, ...byId].map((each) => each?.textContent)].join('').trim();
    if (name === '') found.add(`no name: ${control.outerHTML.slice(0, 120)}`);
  }
  return [...found];
}
