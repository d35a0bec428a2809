// A message in the page. Errors are read out at once, the rest when the reader has time.

import type { ComponentChildren } from 'preact';

export function Notice({
  kind = 'info',
  children,
}: {
  kind?: 'info' | 'warning' | 'error';
  children: ComponentChildren;
}) {
  return (
    <div class="notice" data-kind={kind} role={kind === 'error' ? 'alert' : 'status'}>
      {children}
    </div>
  );
}
