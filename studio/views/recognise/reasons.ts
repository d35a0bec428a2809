// Why a face has no answer, and what helps.

export const reasonWords = {
  'too small': 'Too small: the network would see a blur. Come closer, or take a larger picture.',
  'too turned': 'Turned too far away. Faces that look towards the camera can be recognised.',
} as const;
