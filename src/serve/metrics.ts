// What the service counts, for Prometheus.

import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { Observer } from './dispatcher.js';

/** What gauges read when they are asked. */
export interface Gauged {
  waiting(): number;
  ready(): number;
  uploadBytes(): number;
}

export class Metrics implements Observer {
  readonly registry = new Registry();
  private readonly register = { registers: [this.registry] };

  readonly requests = new Counter({
    name: 'ferlab_requests_total',
    help: 'Requests that were answered.',
    labelNames: ['route', 'status'],
    ...this.register,
  });
  readonly requestSeconds = new Histogram({
    name: 'ferlab_request_seconds',
    help: 'Time from the head of a request to the end of its answer.',
    labelNames: ['route'],
    buckets: [0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30],
    ...this.register,
  });
  readonly refusals = new Counter({
    name: 'ferlab_refusals_total',
    help: 'Requests that were refused, by the code of the problem document; gone: the client went away.',
    labelNames: ['reason'],
    ...this.register,
  });
  readonly faces = new Counter({
    name: 'ferlab_faces_total',
    help: 'Faces that were found or, where the image is the face, given.',
    ...this.register,
  });
  readonly unusable = new Counter({
    name: 'ferlab_unusable_images_total',
    help: "Images that couldn't be decoded.",
    ...this.register,
  });
  private readonly waits = new Histogram({
    name: 'ferlab_queue_wait_seconds',
    help: 'How long images waited for a worker.',
    buckets: [0.001, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10],
    ...this.register,
  });
  private readonly batchFaces = new Histogram({
    name: 'ferlab_batch_faces',
    help: 'Faces that a worker took at a time.',
    buckets: [1, 2, 4, 8, 16, 32, 64],
    ...this.register,
  });
  private readonly decodeSeconds = new Histogram({
    name: 'ferlab_decode_seconds',
    help: 'Decoding the images of a batch, all together.',
    buckets: [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5],
    ...this.register,
  });
  private readonly computeSeconds = new Histogram({
    name: 'ferlab_compute_seconds',
    help: 'The network, on the faces of a batch.',
    buckets: [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5],
    ...this.register,
  });
  private readonly restarts = new Counter({
    name: 'ferlab_worker_restarts_total',
    help: 'Workers that ended without being asked to, and were replaced.',
    ...this.register,
  });

  constructor(
    gauged: Gauged,
    private readonly warn: (message: string) => void,
  ) {
    collectDefaultMetrics({ register: this.registry });
    this.gauge('ferlab_queue_faces', 'Faces that wait for a worker.', gauged.waiting);
    this.gauge('ferlab_workers_ready', 'Workers that have their models open.', gauged.ready);
    this.gauge('ferlab_upload_bytes', 'Bytes of requests that are held.', gauged.uploadBytes);
  }

  batch({ faces, waits, decodeSeconds, computeSeconds }: Parameters<Observer['batch']>[0]): void {
    for (const wait of waits) this.waits.observe(wait);
    this.batchFaces.observe(faces);
    this.decodeSeconds.observe(decodeSeconds);
    this.computeSeconds.observe(computeSeconds);
  }

  restart(how: string): void {
    this.restarts.inc();
    this.warn(`a worker ended (${how}); another takes its place`);
  }

  private gauge(name: string, help: string, read: () => number): void {
    new Gauge({
      ...{ name, help },
      ...this.register,
      collect() {
        this.set(read());
      },
    });
  }
}
