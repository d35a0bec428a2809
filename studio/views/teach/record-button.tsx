// Records samples while it is held, by pointer or by the space bar; a short press takes one.

import { useEffect } from 'preact/hooks';
import { Icon } from '../../components/icon.js';
import { record, recordedClass, startCamera, stopRecording, stream } from './camera-state.js';
import { isReady, type LessonClass } from './lesson-state.js';

export function RecordButton({ entry: { id, name } }: { entry: LessonClass }) {
  const isOn = stream.value !== null;
  const isRecording = recordedClass.value === id;
  useEffect(() => {
    if (!isRecording) return;
    // Wherever the pointer is when it is let go.
    addEventListener('pointerup', stopRecording);
    addEventListener('blur', stopRecording);
    return () => {
      removeEventListener('pointerup', stopRecording);
      removeEventListener('blur', stopRecording);
    };
  }, [isRecording]);
  const begin = () => {
    if (isOn) void record(id);
  };
  const key = (event: KeyboardEvent) => {
    if (event.key !== ' ' && event.key !== 'Enter') return;
    if (isOn) event.preventDefault();
    if (!event.repeat) begin();
  };
  return (
    <button
      type="button"
      class={`button record${isRecording ? ' primary' : ''}`}
      disabled={!isReady.value}
      aria-pressed={isOn ? isRecording : undefined}
      aria-label={isOn ? `Hold to record ${name}` : `Start the camera, to record ${name}`}
      onPointerDown={begin}
      onKeyDown={key}
      onKeyUp={stopRecording}
      onBlur={() => isRecording && stopRecording()}
      onClick={() => {
        if (!isOn) void startCamera();
      }}
    >
      <Icon name="camera" /> {isRecording ? 'Recording \u2026' : isOn ? 'Hold to record' : 'Record'}
    </button>
  );
}
