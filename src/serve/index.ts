// What `import ... from 'ferlab/serve'` offers: the HTTP service, for programs that run it themselves. An entry of its own:
// its types need those of Node, and loading it loads Fastify.

export { type ErrorKind, FerlabError } from '../errors.js';
export { createService } from './service.js';
export { defaultSettings, type ServiceSettings } from './settings.js';
