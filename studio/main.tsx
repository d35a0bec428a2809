// Starts the page.

import { render } from 'preact';
import { startStudio } from './engine/studio.js';
import { startRouter } from './router.js';
import { Shell } from './shell.js';
import { startTheme } from './theme.js';

startTheme();
startRouter();
void startStudio();
render(<Shell />, document.querySelector('#app')!);
