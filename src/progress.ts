// How callers follow and stop long work: the last argument of every long call.

/** How a caller of a long operation follows it and stops it. */
export interface Hooks<Event> {
  onProgress?: ((event: Event) => void) | undefined;
  /** Aborting asks for a clean stop: what is done is kept. */
  signal?: AbortSignal | undefined;
}
