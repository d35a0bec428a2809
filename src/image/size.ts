// Width and height of images.

export interface ImageSize {
  /** In pixels. */
  width: number;
  height: number;
}
