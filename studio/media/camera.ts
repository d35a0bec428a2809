// The webcam: asks for it, and says in words why there is none.

/** What went wrong, and what helps. */
const reasons: Record<string, string> = {
  NotAllowedError:
    'The browser doesn\u2019t give the page the camera. Allow it beside the address, then start again.',
  NotFoundError: 'No camera was found. Connect one, or use pictures or a film.',
  NotReadableError:
    'The camera can\u2019t be opened: another program may be using it. Close that, then start again.',
  OverconstrainedError: 'That camera is gone. Choose another.',
};

/**
 * Opens a camera at 640x480 where it can.
 *
 * @param deviceId of listCameras; the browser's choice where it is null.
 * @throws Error with words for people.
 */
export async function openCamera(deviceId: string | null): Promise<MediaStream> {
  if (navigator.mediaDevices === undefined) {
    throw new Error(
      'Browsers give the camera only to pages of this machine or of HTTPS. Open the studio as localhost, through a tunnel for example.',
    );
  }
  const size = { width: { ideal: 640 }, height: { ideal: 480 } };
  const which = deviceId === null ? { facingMode: 'user' } : { deviceId: { exact: deviceId } };
  try {
    return await navigator.mediaDevices.getUserMedia({ video: { ...size, ...which }, audio: false });
  } catch (error) {
    const { name, message } = error as Error;
    throw new Error(reasons[name] ?? `The camera can\u2019t be opened: ${message}`);
  }
}

/** Cameras by name; names are known once one was allowed. */
export async function listCameras(): Promise<{ id: string; name: string }[]> {
  const devices = (await navigator.mediaDevices?.enumerateDevices()) ?? [];
  return devices
    .filter(({ kind, deviceId }) => kind === 'videoinput' && deviceId !== '')
    .map(({ deviceId, label }, i) => ({ id: deviceId, name: label || `camera ${i + 1}` }));
}

export function closeStream(stream: MediaStream | null): void {
  for (const track of stream?.getTracks() ?? []) track.stop();
}
