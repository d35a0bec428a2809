// A plot of the report, drawn in its own worker and shown as an image with a text for screen readers.

import { useEffect, useState } from 'preact/hooks';
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
  useEffect(() => {
    let isWanted = true;
    drawPlot(plot, input, colours).then(
      (svg) => {
        if (isWanted) setUrl(URL.createObjectURL(new Blob([svg], { type: 'image/svg+xml' })));
      },
      (error: Error) => isWanted && setFailure(error.message),
    );
    return () => {
      isWanted = false;
    };
  }, [plot, input, colours]);
  useEffect(
    () => () => {
      if (url !== null) URL.revokeObjectURL(url);
    },
    [url],
  );
  if (failure !== null) return <p class="muted">{failure}</p>;
  return url === null ? null : <img class="plot" src={url} alt={label} />;
}
