// Numbers, shares, times and sizes as people read them, in the terminal and in documents.

/** 0.6492 as `64.9%`. */
export function percent(share: number, digits = 1): string {
  return Number.isFinite(share) ? `${(share * 100).toFixed(digits)}%` : 'not a number';
}

/** 28709 as `28,709`. */
export function count(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

/** 4321 seconds as `1 h 12 min`. */
export function duration(seconds: number): string {
  if (seconds < 60) return `${seconds < 10 ? seconds.toFixed(1) : Math.round(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${Math.floor(Math.round(seconds) / 60)} min ${Math.round(seconds) % 60} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** Seconds as on a clock, which stays narrow while it runs: `7 s`, `12:34` (minutes) or `1:02:03` (hours); `?` where unknown. */
export function clock(seconds: number): string {
  if (!Number.isFinite(seconds)) return '?';
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  const two = (n: number) => String(n).padStart(2, '0');
  const minutes = Math.floor(whole / 60);
  const rest = two(whole % 60);
  return minutes < 60 ? `${minutes}:${rest}` : `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${rest}`;
}

/** Images per second: one decimal below ten. */
export function throughput(imagesPerSecond: number): string {
  return `${imagesPerSecond < 10 ? imagesPerSecond.toFixed(1) : count(imagesPerSecond)} images/s`;
}

/** Bytes as `1.42 GB` (powers of ten). */
export function bytes(value: number): string {
  if (value >= 1e9) return `${(value / 1e9).toFixed(2)} GB`;
  return value >= 1e6 ? `${(value / 1e6).toFixed(1)} MB` : `${(value / 1e3).toFixed(1)} kB`;
}

/** Floating-point operations as `116 MFLOP`. */
export function flops(value: number): string {
  return value >= 1e9 ? `${(value / 1e9).toFixed(2)} GFLOP` : `${(value / 1e6).toPrecision(3)} MFLOP`;
}
