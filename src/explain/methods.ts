// The names of the ways to explain: what the command line needs of them before anything is loaded.

/** How a map is made. */
export const explainMethods = ['class-activation', 'gradient', 'occlusion'] as const;
export type ExplainMethod = (typeof explainMethods)[number];
