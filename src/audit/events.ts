// What happens during an audit, for whoever shows its progress.

import type { CrossValidationEvent } from './cross-validation/options.js';

/** Images done so far in a phase of an audit. */
export interface CountEvent {
  type: 'decode' | 'describe' | 'search' | 'compare' | 'predict';
  done: number;
  total: number;
}

/** What happens during an audit. */
export type AuditEvent = CountEvent | CrossValidationEvent;
