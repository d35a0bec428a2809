// The frame around every view: name, navigation, how the engine does, light or dark.

import { Button } from './components/button.js';
import { Icon } from './components/icon.js';
import { Notice } from './components/notice.js';
import { engineState, startStudio } from './engine/studio.js';
import icon from './icon.svg?url';
import { view } from './router.js';
import { theme, themeChoice } from './theme.js';
import { routes } from './views/routes.js';

function EngineState() {
  const now = engineState.value;
  const words = {
    starting: 'Starting \u2026',
    ready: 'Runs in this browser',
    failed: 'Not running',
  }[now.state];
  const threads =
    now.state === 'ready' ? `WebAssembly, ${now.threads} thread${now.threads > 1 ? 's' : ''}` : undefined;
  return (
    <p class="engine-state" data-state={now.state} role="status" title={threads}>
      {words}
    </p>
  );
}

function ThemeSwitch() {
  const next = theme.value === 'dark' ? 'light' : 'dark';
  const flip = () => {
    themeChoice.value = next;
  };
  return (
    <Button kind="quiet" iconOnly label={`Switch to ${next} colours`} onClick={flip}>
      <Icon name={next === 'dark' ? 'moon' : 'sun'} />
    </Button>
  );
}

function Failure() {
  const now = engineState.value;
  if (now.state !== 'failed') return null;
  return (
    <Notice kind="error">
      <span>{now.message}</span>
      <Button onClick={() => void startStudio()}>Try again</Button>
    </Notice>
  );
}

export function Shell() {
  const { Component, name } = view.value;
  return (
    <div class="shell">
      <button type="button" class="skip" onClick={skipToMain}>
        Skip to the view
      </button>
      <header class="header">
        <a class="brand" href="#/recognise">
          <img src={icon} alt="" />
          ferlab studio
        </a>
        <nav class="navigation" aria-label="Views">
          {routes.map((route) => (
            <a
              key={route.name}
              href={`#/${route.name}`}
              aria-current={route.name === name ? 'page' : undefined}
            >
              {route.title}
            </a>
          ))}
        </nav>
        <div class="header-end">
          <EngineState />
          <ThemeSwitch />
        </div>
      </header>
      <main class="main" id="main" tabIndex={-1}>
        <Failure />
        <Component />
      </main>
    </div>
  );
}

function skipToMain(): void {
  document.querySelector<HTMLElement>('main')?.focus();
}
