// What the page and its worker say to each other. A call names a task of tasks.ts and has a number; the answer has the same one.

/** From the page. */
export type Request =
  | { id: number; task: string; input: unknown }
  /** Gives a call up: its answer is an error of the kind `interrupted`. */
  | { cancel: number };

/** From the worker. */
export type Reply =
  | { id: number; progress: unknown }
  | { id: number; output: unknown }
  | { id: number; error: { kind: string; message: string } };
