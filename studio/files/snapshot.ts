// A picture or a frame with its boxes, as a PNG file.

/** A box with what stands at it. */
export interface Mark {
  box: { x: number; y: number; width: number; height: number };
  tag: string;
}

function drawMark(context: CanvasRenderingContext2D, { box, tag }: Mark, size: number): void {
  context.lineWidth = Math.max(2, size / 7);
  context.strokeStyle = '#14181d';
  context.strokeRect(box.x, box.y, box.width, box.height);
  context.lineWidth /= 2;
  context.strokeStyle = '#ffffff';
  context.strokeRect(box.x, box.y, box.width, box.height);
  context.font = `600 ${size}px system-ui, sans-serif`;
  const width = context.measureText(tag).width + size;
  const y = box.y > size * 1.6 ? box.y - size * 1.5 : box.y + box.height + size * 0.2;
  context.fillStyle = 'rgb(20 24 29 / 88%)';
  context.fillRect(box.x, y, width, size * 1.4);
  context.fillStyle = '#ffffff';
  context.fillText(tag, box.x + size / 2, y + size);
}

/** The picture at its own size with the marks. */
export async function snapshot(
  picture: CanvasImageSource,
  width: number,
  height: number,
  marks: readonly Mark[],
): Promise<Blob> {
  const canvas = document.createElement('canvas');
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext('2d')!;
  context.drawImage(picture, 0, 0, width, height);
  const size = Math.max(12, Math.round(Math.min(width, height) / 32));
  for (const mark of marks) drawMark(context, mark, size);
  return new Promise((resolve, reject) =>
    canvas.toBlob(
      (blob) => (blob ? resolve(blob) : reject(new Error('The picture could not be saved.'))),
      'image/png',
    ),
  );
}
