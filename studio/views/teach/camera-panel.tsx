// What the camera sees, and while a model is there, what it answers.

import { useEffect, useRef, useState } from 'preact/hooks';
import type { Prediction } from '../../../src/predict/model.js';
import { Bars } from '../../components/bars.js';
import { Button } from '../../components/button.js';
import { FileButton } from '../../components/file-button.js';
import { Icon } from '../../components/icon.js';
import { Notice } from '../../components/notice.js';
import { call } from '../../engine/client.js';
import type { ModelEntry } from '../../engine/studio.js';
import { asFailure } from '../../words/failures.js';
import {
  cameraFailure,
  currentFrame,
  preview,
  recordedClass,
  recordProblem,
  startCamera,
  stopCamera,
  stream,
} from './camera-state.js';
import { taught, training } from './teaching-state.js';

function Preview({ source }: { source: MediaStream }) {
  const video = useRef<HTMLVideoElement>(null);
  useEffect(() => {
    const element = video.current!;
    element.srcObject = source;
    preview.video = element;
    void element.play().catch(() => {});
    return () => {
      preview.video = null;
      element.srcObject = null;
    };
  }, [source]);
  return (
    <div class="stage camera" data-recording={recordedClass.value === null ? undefined : ''}>
      <video ref={video} class="mirrored" muted playsInline aria-label="Camera" />
    </div>
  );
}

/** Answers about the camera's newest frame, again and again. */
function useLiveAnswer(model: ModelEntry | null): Prediction | null {
  const [prediction, setPrediction] = useState<Prediction | null>(null);
  const isIdle = training.value.state !== 'running' && recordedClass.value === null;
  const source = stream.value;
  useEffect(() => {
    setPrediction(null);
    if (model === null || source === null || !isIdle) return;
    let isWanted = true;
    const ask = async () => {
      while (isWanted) {
        const frame = await currentFrame();
        if (frame !== null) {
          const input = { frame, model: model.id };
          const answer = await call('answerFrame', input, { transfer: [frame] });
          if (isWanted) setPrediction(answer);
        }
        await new Promise((resolve) => setTimeout(resolve, 40));
      }
    };
    void ask().catch(() => {});
    return () => {
      isWanted = false;
    };
  }, [model, source, isIdle]);
  return prediction;
}

export function CameraPanel() {
  const source = stream.value;
  const model = taught.value?.model ?? null;
  const live = useLiveAnswer(model);
  return (
    <section class="card stack" aria-label="Camera">
      {cameraFailure.value !== null && <Notice kind="error">{cameraFailure.value}</Notice>}
      {source === null ? (
        <>
          <h2>Camera</h2>
          <p class="muted small">
            For recording samples and for trying the model. Its picture never leaves this machine.
          </p>
          <div class="row">
            <Button onClick={() => void startCamera()}>
              <Icon name="camera" /> Start the camera
            </Button>
          </div>
        </>
      ) : (
        <>
          <Preview source={source} />
          <div class="row spread">
            <span class="small muted" role="status">
              {recordProblem.value === null
                ? 'Hold \u201cHold to record\u201d in a class.'
                : `No sample: ${recordProblem.value}.`}
            </span>
            <Button kind="quiet" onClick={stopCamera}>
              <Icon name="stop" /> Stop
            </Button>
          </div>
          {live !== null && model !== null && (
            <Bars prediction={live} classes={model.classes} label="What the model sees in the camera" />
          )}
        </>
      )}
    </section>
  );
}

interface Tried {
  url: string;
  name: string;
  prediction: Prediction | null;
  reason: string;
}

/** One picture that the model is tried on. */
export function TryPicture({ model }: { model: ModelEntry }) {
  const [tried, setTried] = useState<Tried | null>(null);
  const [failure, setFailure] = useState<string | null>(null);
  const ask = async ([file]: File[]) => {
    setFailure(null);
    try {
      const input = {
        picture: file!,
        name: file!.name,
        models: [model.id],
        faces: 'auto',
        rotations: false,
      } as const;
      const { faces } = await call('recognisePicture', input);
      const answer = faces[0]?.answers[0];
      setTried((before) => {
        if (before) URL.revokeObjectURL(before.url);
        return {
          url: URL.createObjectURL(file!),
          name: file!.name,
          prediction: answer?.prediction ?? null,
          reason: answer?.reason ?? 'no face was found',
        };
      });
    } catch (error) {
      setFailure(asFailure(error).message);
    }
  };
  return (
    <div class="stack">
      <FileButton accept="image/*" onFiles={(files) => void ask(files)}>
        <Icon name="picture" /> Try a picture
      </FileButton>
      {failure !== null && <Notice kind="error">{failure}</Notice>}
      {tried !== null && (
        <div class="tried">
          <img class="tried-picture" src={tried.url} alt={tried.name} />
          {tried.prediction === null ? (
            <p class="muted">No answer: {tried.reason}.</p>
          ) : (
            <Bars
              prediction={tried.prediction}
              classes={model.classes}
              label={`Expressions of ${tried.name}`}
            />
          )}
        </div>
      )}
    </div>
  );
}
