// Comma-separated values.

// The build for pages, which runs everywhere.
import { stringify } from 'csv-stringify/browser/esm/sync';

/** Rows as CSV (RFC 4180, with line feeds), each with its line end: a field is quoted where it needs to be. */
export function csv(rows: readonly (readonly (string | number)[])[]): string {
  return stringify(rows.map((row) => [...row]));
}
