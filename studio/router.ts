// Which view is shown, by the part of the address after #. A view is a row of views/routes.ts.

import { signal } from '@preact/signals';
import { routes, type View } from './views/routes.js';

const viewOf = (hash: string): View =>
  routes.find(({ name }) => hash.replace(/^#\/?/, '').split('/')[0] === name) ?? routes[0]!;

export const view = signal<View>(viewOf(location.hash));

/** What follows a link moves the focus too, so that screen readers begin with the new view. */
export function startRouter(): void {
  addEventListener('hashchange', () => {
    view.value = viewOf(location.hash);
    document.querySelector<HTMLElement>('main')?.focus();
  });
}
