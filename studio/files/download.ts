// Gives the reader a file that was made in the page.

/** Saves what a blob holds under a name, in the browser's folder of downloads. */
export function download(content: Blob | string, name: string, type = 'text/plain'): void {
  const blob = typeof content === 'string' ? new Blob([content], { type }) : content;
  const url = URL.createObjectURL(blob);
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  // The download has begun by then.
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

/** A name without an ending, for what is made of a file. */
export const stemOf = (name: string): string => name.replace(/\.[^.]{1,5}$/, '') || 'ferlab';
