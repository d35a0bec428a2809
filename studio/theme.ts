// Light or dark: the system's choice, until the reader makes one.

import { computed, effect, signal } from '@preact/signals';

export type ThemeChoice = 'system' | 'light' | 'dark';

const key = 'ferlab-theme';

function stored(): ThemeChoice {
  const choice = localStorage.getItem(key);
  return choice === 'light' || choice === 'dark' ? choice : 'system';
}

const systemIsDark = signal(false);
export const themeChoice = signal<ThemeChoice>('system');
/** What is shown. */
export const theme = computed((): 'light' | 'dark' => {
  if (themeChoice.value !== 'system') return themeChoice.value;
  return systemIsDark.value ? 'dark' : 'light';
});

export function startTheme(): void {
  themeChoice.value = stored();
  const system = matchMedia('(prefers-color-scheme: dark)');
  systemIsDark.value = system.matches;
  system.addEventListener('change', () => {
    systemIsDark.value = system.matches;
  });
  effect(() => {
    const choice = themeChoice.value;
    const { dataset } = document.documentElement;
    if (choice === 'system') {
      delete dataset.theme;
      localStorage.removeItem(key);
    } else {
      dataset.theme = choice;
      localStorage.setItem(key, choice);
    }
  });
}
