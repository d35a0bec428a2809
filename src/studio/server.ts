// The studio's server: the built page, and the models below the folders that were given. It computes nothing: faces are found
// and recognised in the page. Everything that the service knows of refusing requests holds here, too.

import { existsSync } from 'node:fs';
import path from 'node:path';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance } from 'fastify';
import { FerlabError } from '../errors.js';
import { packageFile } from '../package-files.js';
import { createBareApp } from '../serve/app.js';
import { addOriginCheck, addTokenCheck } from '../serve/guard.js';
import { Problem } from '../serve/problem.js';
import { programVersion } from '../version.js';
import { openFolders } from './folders.js';
import { ModelList } from './model-list.js';
import { PictureList } from './picture-list.js';

export interface StudioSettings {
  /** Below which models are listed. */
  folders: readonly string[];
  /** Name or address of the network interface that is listened on. */
  host: string;
  /** Demanded of whoever asks for more than the page itself; null on a loopback address. */
  token: string | null;
  /** The folder of the built page; that of the package by default. */
  page?: string;
}

/** Where the built page lies: dist/studio/page of the package. */
const pageFolder = (): string => packageFile(path.join('dist', 'studio', 'page'));

/**
 * Nothing inline, nothing from elsewhere. WebAssembly is compiled; pictures and films that were opened are blobs of the page
 * itself, and so are downloads.
 */
const policy = {
  defaultSrc: ["'none'"],
  scriptSrc: ["'self'", "'wasm-unsafe-eval'"],
  workerSrc: ["'self'"],
  styleSrc: ["'self'"],
  imgSrc: ["'self'", 'blob:', 'data:'],
  mediaSrc: ["'self'", 'blob:'],
  fontSrc: ["'self'"],
  connectSrc: ["'self'"],
  manifestSrc: ["'self'"],
  baseUri: ["'none'"],
  formAction: ["'none'"],
  frameAncestors: ["'none'"],
};

/** A year: names of built files have a digest of their content. */
const forEver = 'public, max-age=31536000, immutable';

/**
 * The studio as a Fastify instance, ready for `listen` or `inject`.
 *
 * @throws FerlabError `io` where the page isn't built, or what was given is no folder.
 */
export async function openStudio({
  folders,
  host,
  token,
  page = pageFolder(),
}: StudioSettings): Promise<FastifyInstance> {
  if (!existsSync(path.join(page, 'index.html'))) {
    throw new FerlabError(
      'io',
      `${page}: expected the built page of the studio, found none. In a checkout run "npm run studio"; else install ferlab again.`,
    );
  }
  const real = await openFolders(folders);
  const models = new ModelList(real);
  const pictures = new PictureList(real);
  const app = createBareApp({ logLevel: 'error', bodyLimit: 1024 });
  const { default: helmet } = await import('@fastify/helmet');
  await app.register(helmet, {
    contentSecurityPolicy: { useDefaults: false, directives: policy },
    // The page is isolated, so that the engine may use several threads.
    crossOriginEmbedderPolicy: true,
    referrerPolicy: { policy: 'no-referrer' },
    strictTransportSecurity: false,
    xFrameOptions: { action: 'deny' },
  });
  app.addHook('onRequest', (_, reply, done) => {
    reply.header('permissions-policy', 'camera=(self), microphone=(), geolocation=()');
    done();
  });
  addOriginCheck(app, { host, token });
  app.removeAllContentTypeParsers();
  app.setNotFoundHandler(() => {
    throw new Problem('not_found', 'path: expected that of the page (/) or one of its files, found another.');
  });
  await app.register(async (api) => {
    if (token !== null) await addTokenCheck(api, token);
    addApi(api, models, pictures);
  });
  await app.register(fastifyStatic, {
    root: page,
    index: ['index.html'],
    dotfiles: 'deny',
    cacheControl: false,
    setHeaders: (reply, file) => {
      const isNamedByContent = file.startsWith(path.join(page, 'assets') + path.sep);
      reply.header('cache-control', isNamedByContent ? forEver : 'no-cache');
    },
  });
  await app.ready();
  return app;
}

/** What the page asks for beside its own files. */
function addApi(app: FastifyInstance, models: ModelList, pictures: PictureList): void {
  // Pages of other sites can't read answers of this one anyway; they needn't cause any work either.
  app.addHook('onRequest', (request, _, done) => {
    const site = request.headers['sec-fetch-site'];
    const isOwn = site === undefined || site === 'same-origin' || site === 'none';
    done(isOwn ? undefined : new Problem('forbidden', 'expected no request of another site, found one.'));
  });
  app.get('/api/studio', async (_, reply) => {
    reply.header('cache-control', 'no-store');
    return {
      version: programVersion,
      ...(await models.detector()),
      models: await models.list(),
      pictures: await pictures.list(),
    };
  });
  app.get<{ Params: { file: string } }>('/api/models/:file', async ({ params }, reply) => {
    const [, digest] = /^([0-9a-f]{64})\.onnx$/.exec(params.file) ?? [];
    const bytes = digest === undefined ? null : await models.read(digest);
    if (bytes === null) {
      throw new Problem(
        'not_found',
        'model: expected one that /api/studio lists, found another. List them again.',
      );
    }
    return reply.header('cache-control', forEver).type('application/octet-stream').send(Buffer.from(bytes));
  });
  app.get<{ Params: { id: string } }>('/api/pictures/:id', async ({ params }, reply) => {
    const bytes = await pictures.read(params.id);
    if (bytes === null)
      throw new Problem(
        'not_found',
        'picture: expected one that /api/studio lists, found another. List them again.',
      );
    return reply
      .header('cache-control', 'no-store')
      .type('application/octet-stream')
      .send(Buffer.from(bytes));
  });
}
