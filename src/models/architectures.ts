// The networks that can be asked for by name, as plain data: what lists, presets and the configuration know of them
// without building any. create.ts builds them, and its test holds this table against what it builds.

/** What is known of a network before it is built. */
interface Architecture {
  /** One line, for lists. */
  readonly description: string;
  /** Smallest side of an image, in pixels, that its layers leave something of; with three blocks for `seed`. */
  readonly minimumSide: number;
  /** Whether its weights fit images of any size, so that images may grow while it trains. */
  readonly anySize: boolean;
}

export const architectures = {
  seed: {
    description: 'three convolution blocks and two dense layers',
    minimumSide: 8,
    anySize: false,
  },
  tiny: { description: 'a small residual network', minimumSide: 2, anySize: true },
  medium: { description: 'a residual network with squeeze and excitation', minimumSide: 2, anySize: true },
  large: { description: 'the shape of ResNet-18, for GPUs', minimumSide: 1, anySize: true },
  deepid: {
    description: 'in the manner of DeepID (Sun, Wang and Tang 2014)',
    minimumSide: 31,
    anySize: false,
  },
  deepface: {
    description: 'in the manner of DeepFace (Taigman et al. 2014)',
    minimumSide: 29,
    anySize: false,
  },
} as const satisfies Record<string, Architecture>;

export type ModelName = keyof typeof architectures;

export const modelNames = Object.keys(architectures) as [ModelName, ...ModelName[]];

/** Names of the networks whose weights fit images of any size. */
export const anySizeNames: readonly ModelName[] = modelNames.filter((name) => architectures[name].anySize);
