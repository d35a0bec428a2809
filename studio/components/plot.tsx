// A plot of the report, drawn in its own worker and shown as an image with a text for screen readers.

import { useEffect, useRef, useState } from 'preact/hooks';
import { drawPlot } from '../charts/draw.js';
import type { PlotName, Plots } from '../charts/worker.js';
import { theme } from '../theme.js';

export function Plot<Name extends PlotName>({
  plot,
  input,
  label,
}: {
  plot: Name;
  input: Parameters<Plots[Name]>[0];
  /** What the plot says, in words. */
  label: string;
}) {
  const [url, setUrl] = useState<string | null>(null);
  const [failure, setFailure] = useState<string | null>(null);
  const colours = theme.value;
  /** What is asked for; while one is drawn, the newest waits. */
  const wanted = useRef<{ input: typeof input; colours: typeof colours } | null>(null);
  const isDrawing = useRef(false);
  const isGone = useRef(false);

  const draw = async () => {
    if (isDrawing.current) return;
    isDrawing.current = true;
    while (wanted.current !== null && !isGone.current) {
      const next = wanted.current;
      wanted.current = null;
      try {
        const svg = await drawPlot(plot, next.input, next.colours);
        if (!isGone.current) setUrl(URL.createObjectURL(new Blob([svg], { type: 'image/svg+xml' })));
      } catch (error) {
        if (!isGone.current) setFailure((error as Error).message);
      }
    }
    isDrawing.current = false;
  };

  useEffect(() => {
    wanted.current = { input, colours };
    void draw();
  }, [plot, input, colours]);
  useEffect(() => {
    isGone.current = false;
    return () => {
      isGone.current = true;
    };
  }, []);
  useEffect(
    () => () => {
      if (url !== null) URL.revokeObjectURL(url);
    },
    [url],
  );
  if (failure !== null) return <p class="muted">{failure}</p>;
  return url === null ? null : <img class="plot" src={url} alt={label} />;
}
