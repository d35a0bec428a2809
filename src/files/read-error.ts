// Words for why a file or folder couldn't be read.

/** In names that Node couldn't make text of: no file can be opened by such a name. */
const notText = '\ufffd';

/**
 * Completes "expected ..., found": `no such file`, `a folder`, `no permission to read it`, or the system's words.
 *
 * @param options.path as it was given, where a person gave it.
 * @param options.what was looked for.
 */
export function foundInstead(
  error: unknown,
  { path = '', what = 'file' }: { path?: string; what?: 'file' | 'folder' | 'file or folder' } = {},
): string {
  const { code, message } = error as NodeJS.ErrnoException;
  switch (code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return `no such ${what}${path.includes(notText) ? ' (a name that is not UTF-8 cannot be given: rename it)' : ''}`;
    case 'EISDIR':
      return 'a folder';
    case 'EACCES':
    case 'EPERM':
      return 'no permission to read it';
    case 'ELOOP':
      return 'symbolic links in a loop';
    case 'ENAMETOOLONG':
      return 'a name that is too long';
    default: {
      const line = message.trim().split('\n')[0] ?? '';
      return line.length > 160 ? `${line.slice(0, 157)}...` : line;
    }
  }
}
