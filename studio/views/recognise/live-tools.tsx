// What can be done with a webcam or a film that is followed: pause, snapshot, export, begin anew, stop.

import { useEffect, useState } from 'preact/hooks';
import { Button } from '../../components/button.js';
import { Icon } from '../../components/icon.js';
import { call } from '../../engine/client.js';
import { download, stemOf } from '../../files/download.js';
import { snapshot } from '../../files/snapshot.js';
import { marksOf } from './live-faces.js';
import { beginAnew, liveFrame } from './live-state.js';

function usePaused(video: HTMLVideoElement | null): boolean {
  const [isPaused, setPaused] = useState(false);
  useEffect(() => {
    if (video === null) return;
    const look = () => setPaused(video.paused);
    look();
    video.addEventListener('play', look);
    video.addEventListener('pause', look);
    return () => {
      video.removeEventListener('play', look);
      video.removeEventListener('pause', look);
    };
  }, [video]);
  return isPaused;
}

async function exportAs(format: 'csv' | 'json', name: string): Promise<void> {
  const text = await call('exportRecording', { format, source: name });
  if (text === null) return;
  download(text, `${stemOf(name)}.${format}`, format === 'csv' ? 'text/csv' : 'application/json');
}

async function takeSnapshot(video: HTMLVideoElement, name: string): Promise<void> {
  const frame = liveFrame.value;
  const [width, height] = [video.videoWidth, video.videoHeight];
  const scale = frame === null ? 1 : width / frame.width;
  const marks = (frame === null ? [] : marksOf(frame)).map(({ box, tag }) => ({
    tag,
    box: { x: box.x * scale, y: box.y * scale, width: box.width * scale, height: box.height * scale },
  }));
  download(await snapshot(video, width, height, marks), `${stemOf(name)}.png`);
}

export function LiveTools({
  video,
  name,
  onStop,
}: {
  video: HTMLVideoElement | null;
  /** For the names of files. */
  name: string;
  onStop(): void;
}) {
  const isPaused = usePaused(video);
  const rows = liveFrame.value?.recorded.rows ?? 0;
  return (
    <div class="row spread">
      <div class="row">
        <Button
          kind="primary"
          disabled={video === null}
          onClick={() => void (isPaused ? video?.play() : video?.pause())}
        >
          <Icon name={isPaused ? 'play' : 'pause'} /> {isPaused ? 'Go on' : 'Pause'}
        </Button>
        <Button disabled={video === null} onClick={() => void takeSnapshot(video!, name)}>
          <Icon name="picture" /> Snapshot
        </Button>
        <Button disabled={rows === 0} onClick={() => void exportAs('csv', name)}>
          <Icon name="download" /> CSV
        </Button>
        <Button disabled={rows === 0} onClick={() => void exportAs('json', name)}>
          <Icon name="download" /> JSON
        </Button>
      </div>
      <div class="row">
        <Button kind="quiet" onClick={() => void beginAnew()}>
          Begin anew
        </Button>
        <Button kind="quiet" onClick={onStop}>
          <Icon name="stop" /> Stop
        </Button>
      </div>
    </div>
  );
}
