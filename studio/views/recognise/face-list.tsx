// The faces of a picture, one card each: what the network saw, and every expression with its probability.

import { Bars } from '../../components/bars.js';
import { SeenFaceImage } from '../../components/seen-face.js';
import type { FaceAnswer, ShownFace, ShownPicture } from '../../engine/recognise-picture.js';
import { modelById } from '../../engine/studio.js';
import { chooseFace } from './picture-stage.js';
import { chosenFace } from './pictures-state.js';
import { reasonWords } from './reasons.js';

function Answer({
  answer,
  classes,
  label,
}: {
  answer: FaceAnswer;
  classes: readonly string[];
  label: string;
}) {
  if (answer.prediction === null) return <p class="muted">{reasonWords[answer.reason]}</p>;
  return <Bars prediction={answer.prediction} classes={classes} label={label} />;
}

function Measures({ face: { place } }: { face: ShownFace }) {
  if (place === null) return <p class="muted small">The whole picture, taken as a face.</p>;
  const { box, score, roll } = place;
  const turned = Math.abs(roll) < 1 ? '' : ` \u00b7 turned ${Math.abs(roll).toFixed(0)}\u00b0`;
  return (
    <p class="muted small number">
      {Math.round(box.width)} &times; {Math.round(box.height)} px &middot; found with {score.toFixed(2)}
      {turned}
    </p>
  );
}

function FaceCard({ face, index, found }: { face: ShownFace; index: number; found: ShownPicture }) {
  const isChosen = chosenFace.value === index;
  const title = `Face ${index + 1}`;
  const [first] = face.answers;
  const compares = found.models.length > 1;
  return (
    <li class="card face-card" data-chosen={isChosen ? '' : undefined}>
      <div class="seen">
        {first?.seen ? (
          <SeenFaceImage seen={first.seen} label={`${title} as the network sees it`} />
        ) : (
          <span class="unseen" />
        )}
        <span class="muted small">{first?.seen ? `seen at ${first.seen.width} px` : 'not seen'}</span>
      </div>
      <div class="stack">
        <h2>
          {face.place === null ? (
            <span>{title}</span>
          ) : (
            <button
              type="button"
              class="link-button"
              aria-pressed={isChosen}
              title="Show in the picture"
              onClick={() => chooseFace(index)}
            >
              {title}
            </button>
          )}
          {first?.prediction && <span>{first.prediction.expression}</span>}
        </h2>
        <Measures face={face} />
        {!compares && first && (
          <Answer
            answer={first}
            classes={found.models[0]!.classes}
            label={`Expressions of face ${index + 1}`}
          />
        )}
      </div>
      {compares && (
        <div class="compared">
          {face.answers.map((answer, m) => {
            const { id, classes } = found.models[m]!;
            const name = modelById(id)?.name ?? 'model';
            return (
              <div key={id} class="stack">
                <h3 class="small muted">{name}</h3>
                <Answer
                  answer={answer}
                  classes={classes}
                  label={`Expressions of face ${index + 1} by ${name}`}
                />
              </div>
            );
          })}
        </div>
      )}
    </li>
  );
}

export function FaceList({ found }: { found: ShownPicture }) {
  return (
    <ol class="faces" aria-label="Faces">
      {found.faces.map((face, i) => (
        <FaceCard key={i} face={face} index={i} found={found} />
      ))}
    </ol>
  );
}
