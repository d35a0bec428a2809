// The views of the studio, in the order of the navigation. Each has a folder beside this file.

import type { ComponentType } from 'preact';
import { RecogniseView } from './recognise/view.js';
import { TeachView } from './teach/view.js';

export interface View {
  /** In the address, after #/. */
  name: string;
  /** In the navigation. */
  title: string;
  Component: ComponentType;
}

export const routes: readonly View[] = [
  { name: 'recognise', title: 'Recognise', Component: RecogniseView },
  { name: 'teach', title: 'Teach', Component: TeachView },
];
