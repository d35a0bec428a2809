// Words for why a file couldn't be read.

/** Completes "expected ..., found": `no such file`, `a folder`, or the system's code. */
export function foundInstead(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT') return 'no such file';
  return code === 'EISDIR' ? 'a folder' : (code ?? message);
}
