// Following people through a webcam or a film: the moving picture with its boxes, the people beside it, and their timeline.

import { useEffect, useRef, useState } from 'preact/hooks';
import { Button } from '../../components/button.js';
import { DropZone } from '../../components/drop-zone.js';
import { FileButton } from '../../components/file-button.js';
import { Icon } from '../../components/icon.js';
import { Notice } from '../../components/notice.js';
import { useShownWidth } from '../../components/shown-width.js';
import { engineState } from '../../engine/studio.js';
import { closeStream, listCameras, openCamera } from '../../media/camera.js';
import { LiveBoxes, LiveFaces } from './live-faces.js';
import { beginAnew, follow, liveFailure, liveFrame, livePace } from './live-state.js';
import { LiveTools } from './live-tools.js';
import { ModelPanel } from './model-panel.js';
import { Timeline } from './timeline.js';

/** What is followed. */
type Source = { kind: 'webcam'; stream: MediaStream } | { kind: 'film'; url: string; name: string };

function Pace() {
  const pace = livePace.value;
  return (
    <p class="pace number" aria-live="off">
      {pace === null
        ? 'waiting for a frame'
        : `${pace.perSecond.toFixed(0)} frames/s \u00b7 ${pace.latency.toFixed(0)} ms behind`}
    </p>
  );
}

/** The moving picture. Frames are followed while it plays. */
function Player({ source, onVideo }: { source: Source; onVideo(video: HTMLVideoElement | null): void }) {
  const video = useRef<HTMLVideoElement>(null);
  const [stage, shown] = useShownWidth<HTMLDivElement>();
  const isReady = engineState.value.state === 'ready';
  useEffect(() => {
    const element = video.current!;
    if (source.kind === 'webcam') element.srcObject = source.stream;
    else element.src = source.url;
    onVideo(element);
    void element.play().catch(() => {});
    return () => {
      element.pause();
      element.srcObject = null;
      element.removeAttribute('src');
      onVideo(null);
    };
  }, [source, onVideo]);
  useEffect(() => {
    if (!isReady) return;
    const startedAt = performance.now();
    return follow(video.current!, ({ mediaTime, shownAt }) =>
      source.kind === 'film' ? mediaTime : Math.max(0, shownAt - startedAt) / 1000,
    );
  }, [source, isReady]);
  const mirrored = source.kind === 'webcam';
  return (
    <div class="stage">
      <div class="shown" ref={stage}>
        <video
          ref={video}
          class={`shown-picture${mirrored ? ' mirrored' : ''}`}
          muted
          playsInline
          loop={false}
          controls={source.kind === 'film'}
          aria-label={source.kind === 'film' ? source.name : 'Webcam'}
        />
        {liveFrame.value !== null && <LiveBoxes frame={liveFrame.value} shown={shown} mirrored={mirrored} />}
      </div>
      <Pace />
    </div>
  );
}

function useSource(): [Source | null, (source: Source | null) => void] {
  const [source, setSource] = useState<Source | null>(null);
  const current = useRef<Source | null>(null);
  const release = () => {
    if (current.current?.kind === 'webcam') closeStream(current.current.stream);
    else if (current.current?.kind === 'film') URL.revokeObjectURL(current.current.url);
  };
  useEffect(() => release, []);
  return [
    source,
    (next) => {
      release();
      current.current = next;
      setSource(next);
    },
  ];
}

function CameraChoice({ onStart }: { onStart(deviceId: string | null): void }) {
  const [cameras, setCameras] = useState<{ id: string; name: string }[]>([]);
  const [chosen, setChosen] = useState<string | null>(null);
  useEffect(() => void listCameras().then(setCameras), []);
  return (
    <>
      {cameras.length > 1 && (
        <label class="field">
          <span>Camera</span>
          <select onChange={({ currentTarget }) => setChosen(currentTarget.value)}>
            {cameras.map(({ id, name }) => (
              <option key={id} value={id}>
                {name}
              </option>
            ))}
          </select>
        </label>
      )}
      <Button kind="primary" onClick={() => onStart(chosen)}>
        <Icon name="camera" /> Start the camera
      </Button>
    </>
  );
}

function EmptyWebcam({ onStart }: { onStart(deviceId: string | null): void }) {
  return (
    <div class="drop-zone">
      <Icon name="camera" />
      <h2>See your own face recognised</h2>
      <p class="muted">
        The browser asks whether the page may use the camera. Its picture never leaves this machine.
      </p>
      <CameraChoice onStart={onStart} />
    </div>
  );
}

function EmptyFilm({ onFiles }: { onFiles(files: File[]): void }) {
  return (
    <DropZone icon="film">
      <h2>Drop a film here</h2>
      <p class="muted">MP4, WebM and what else this browser plays. It stays on this machine.</p>
      <FileButton kind="primary" accept="video/*,.mkv" onFiles={onFiles}>
        <Icon name="film" /> Choose a film
      </FileButton>
    </DropZone>
  );
}

export function Live({
  kind,
  film,
  onFiles,
}: {
  kind: 'webcam' | 'film';
  film: File | null;
  onFiles(files: File[]): void;
}) {
  const [source, setSource] = useSource();
  const [video, setVideo] = useState<HTMLVideoElement | null>(null);
  const [failure, setFailure] = useState<string | null>(null);
  const startCamera = async (deviceId: string | null) => {
    setFailure(null);
    try {
      const stream = await openCamera(deviceId);
      await beginAnew();
      setSource({ kind: 'webcam', stream });
    } catch (error) {
      setFailure((error as Error).message);
    }
  };
  useEffect(() => {
    void beginAnew().catch(() => {});
    if (kind === 'film' && film !== null)
      setSource({ kind: 'film', url: URL.createObjectURL(film), name: film.name });
    else setSource(null);
  }, [kind, film]);
  const problem = failure ?? liveFailure.value;
  return (
    <>
      {problem !== null && <Notice kind="error">{problem}</Notice>}
      <div class="workbench">
        <div class="stack">
          {source === null &&
            (kind === 'webcam' ? (
              <EmptyWebcam onStart={(id) => void startCamera(id)} />
            ) : (
              <EmptyFilm onFiles={onFiles} />
            ))}
          {source !== null && (
            <>
              <Player source={source} onVideo={setVideo} />
              <LiveTools
                video={video}
                name={source.kind === 'film' ? source.name : 'webcam'}
                onStop={() => {
                  setSource(null);
                  void beginAnew();
                }}
              />
              <Timeline />
            </>
          )}
        </div>
        <div class="stack answers">
          <ModelPanel compares={false} />
          {source !== null && <LiveFaces frame={liveFrame.value} />}
        </div>
      </div>
    </>
  );
}
