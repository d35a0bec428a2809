// The face as a network saw it: grey, in its size.

import { useEffect, useRef } from 'preact/hooks';
import type { SeenFace } from '../engine/recognise-picture.js';

export function SeenFaceImage({ seen, label }: { seen: SeenFace; label: string }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const { width, height, data } = seen;
  useEffect(() => {
    const context = canvas.current?.getContext('2d');
    if (!context) return;
    const image = context.createImageData(width, height);
    for (const [i, level] of data.entries()) image.data.set([level, level, level, 255], i * 4);
    context.putImageData(image, 0, 0);
  }, [data, width, height]);
  return <canvas ref={canvas} width={width} height={height} role="img" aria-label={label} />;
}
