// Opens an address in the user's browser, by the command that each system has for it.

import { spawn } from 'node:child_process';

/** The command and its arguments. The address is our own: letters, digits and `:/.#[]-_=` alone. */
function opener(address: string): [string, string[]] {
  if (process.platform === 'darwin') return ['open', [address]];
  if (process.platform === 'win32') return ['cmd', ['/c', 'start', '""', address]];
  return ['xdg-open', [address]];
}

/**
 * Asks the system to open an address.
 *
 * @returns whether a command for that was started; a machine without a desktop has none.
 */
export async function openBrowser(address: string): Promise<boolean> {
  const [command, args] = opener(address);
  return new Promise((resolve) => {
    const child = spawn(command, args, { stdio: 'ignore', detached: true });
    child.once('error', () => resolve(false));
    child.once('spawn', () => {
      child.unref();
      resolve(true);
    });
  });
}
