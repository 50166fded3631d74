// Numbers as people read them. Never without a unit; a value that is not known is an em dash.

export const unknown = '—';
// Neither of them breaks a line.
const space = '\u00a0';
const thin = '\u202f';

/** `2 000 000` */
export function formatCount(value: number): string {
  const rounded = Math.round(value);
  const digits = String(Math.abs(rounded)).replace(/\B(?=(\d{3})+$)/g, thin);
  return rounded < 0 ? `−${digits}` : digits;
}

const decimals = (value: number) => (value < 10 ? 2 : value < 100 ? 1 : 0);

/** `×20`, `×2.5`, `×0.01`: as many digits as there are. */
export const formatFactor = (factor: number): string => `×${Number(factor.toFixed(3))}`;

/** `2 000 req/s`; below ten with one decimal. */
export function formatRate(perSecond: number | null, unit = 'req/s'): string {
  if (perSecond === null) return unknown;
  const text = perSecond > 0 && perSecond < 10 && !Number.isInteger(perSecond) ? perSecond.toFixed(1) : formatCount(perSecond);
  return `${text}${space}${unit}`;
}

/** `0.42 ms`, `12.3 ms`, `1.20 s` from µs. */
export function formatLatency(us: number | null): string {
  if (us === null) return unknown;
  const ms = Math.abs(us) / 1000;
  const sign = us < 0 ? '−' : '';
  if (ms >= 1000) return `${sign}${(ms / 1000).toFixed(2)}${space}s`;
  return `${sign}${ms.toFixed(decimals(ms))}${space}ms`;
}

/** `+0.19 ms` */
export function formatDifference(us: number | null): string {
  if (us === null) return unknown;
  const text = formatLatency(us);
  return us > 0 ? `+${text}` : text;
}

/** `+45 %` of `base`; empty if there is nothing to compare with. */
export function formatChange(value: number, base: number): string {
  if (base <= 0) return '';
  const percent = Math.round(((value - base) / base) * 100);
  return `${percent > 0 ? '+' : percent < 0 ? '−' : '±'}${formatCount(Math.abs(percent))}${space}%`;
}

/** `99.8 %`; never rounded up to 100 nor down to 0. */
export function formatShare(part: number, whole: number): string {
  if (whole <= 0) return unknown;
  const percent = (part / whole) * 100;
  if (percent > 0 && percent < 0.1) return `<${space}0.1${space}%`;
  if (percent < 100 && percent > 99.9) return `>${space}99.9${space}%`;
  return `${Number.isInteger(percent) ? percent : percent.toFixed(1)}${space}%`;
}

/** `12.3 kB`, in powers of 1000. */
export function formatBytes(bytes: number, perSecond = false): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${unit === 0 ? formatCount(value) : value.toFixed(decimals(value))}${space}${units[unit]}${perSecond ? '/s' : ''}`;
}

/** `143 ms`, `12 s`, `4 min 10 s`, `3 h 12 min`, `2 d 4 h`. */
export function formatDuration(ms: number): string {
  if (ms < 1000) return `${Math.max(0, Math.round(ms))}${space}ms`;
  const s = Math.floor(ms / 1000);
  const two = (big: number, bigUnit: string, small: number, smallUnit: string) =>
    small === 0 ? `${big}${space}${bigUnit}` : `${big}${space}${bigUnit} ${small}${space}${smallUnit}`;
  if (s < 60) return `${s}${space}s`;
  if (s < 3600) return two(Math.floor(s / 60), 'min', s % 60, 's');
  if (s < 86_400) return two(Math.floor(s / 3600), 'h', Math.floor((s % 3600) / 60), 'min');
  return two(Math.floor(s / 86_400), 'd', Math.floor((s % 86_400) / 3600), 'h');
}

/** `12:03:10` in the viewer's zone. */
export function formatTime(atMs: number): string {
  return new Date(atMs).toLocaleTimeString('en-GB', { hour12: false });
}

/** `23 Nov 2026, 12:03:10.357 GMT+1` */
export function formatExactTime(atMs: number): string {
  return new Date(atMs).toLocaleString('en-GB', {
    year: 'numeric',
    month: 'short',
    day: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    fractionalSecondDigits: 3,
    timeZoneName: 'short',
  });
}

/** `3 copies`, `1 copy`. */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`;
}
