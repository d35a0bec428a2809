// Pieces of Markdown (GitHub's flavour), and numbers as people write them. No files, no plots.

/** Text that Markdown shows as it is. */
export function plain(text: string): string {
  return text.replace(/[\r\n]+/g, ' ').replace(/[\\`*_{}[\]<>#|~]/g, '\\$&');
}

/** Inline code, whatever it contains. */
export function code(text: string): string {
  const line = text.replace(/[\r\n]+/g, ' ');
  const longest = Math.max(0, ...(line.match(/`+/g) ?? []).map((run) => run.length));
  const ticks = '`'.repeat(longest + 1);
  const space = line.startsWith('`') || line.endsWith('`') ? ' ' : '';
  return `${ticks}${space}${line}${space}${ticks}`;
}

/** A block of code, fenced by more backticks than it contains. */
export function codeBlock(text: string, language = ''): string {
  const longest = Math.max(2, ...(text.match(/`+/g) ?? []).map((run) => run.length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}${language}\n${text.replace(/\n$/, '')}\n${fence}`;
}

/** An image that stands beside the document. */
export function image(alternative: string, file: string): string {
  return `![${plain(alternative)}](${encodeURI(file)})`;
}

/** A part that opens on a click. */
export function details(summary: string, content: string): string {
  return `<details><summary>${summary}</summary>\n\n${content}\n\n</details>`;
}

/** 0.6492 as "64.9%". */
export function percent(share: number, digits = 1): string {
  return Number.isFinite(share) ? `${(share * 100).toFixed(digits)}%` : 'not a number';
}

/** 28709 as "28,709". */
export function count(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

/** 4321 seconds as "1 h 12 min". */
export function duration(seconds: number): string {
  if (seconds < 60) return `${seconds < 10 ? seconds.toFixed(1) : Math.round(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${Math.floor(Math.round(seconds) / 60)} min ${Math.round(seconds) % 60} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** Bytes as "1.42 GB" (powers of ten). */
export function bytes(value: number): string {
  if (value >= 1e9) return `${(value / 1e9).toFixed(2)} GB`;
  return value >= 1e6 ? `${(value / 1e6).toFixed(1)} MB` : `${(value / 1e3).toFixed(1)} kB`;
}

/** Floating-point operations as "116 MFLOP". */
export function flops(value: number): string {
  return value >= 1e9 ? `${(value / 1e9).toFixed(2)} GFLOP` : `${(value / 1e6).toPrecision(3)} MFLOP`;
}
