// Where files are dropped or picked. The whole page takes drops too (files/incoming.ts); this shows that it does.

import { signal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { Icon, type IconName } from './icon.js';

/** Whether files are held over the page. */
export const filesOver = signal(false);

export function DropZone({ icon, children }: { icon: IconName; children: ComponentChildren }) {
  return (
    <div class="drop-zone" data-over={filesOver.value ? '' : undefined}>
      <Icon name={icon} />
      {children}
    </div>
  );
}
