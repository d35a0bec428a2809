// What went wrong with a request, as a problem document (RFC 9457): status, what was expected and what to do. Never a
// stack trace, a path of this machine, or anything of an image.

/** One word for programs; `detail` is for people. */
export const problemCodes = {
  bad_request: 400,
  unauthorized: 401,
  forbidden: 403,
  not_found: 404,
  method_not_allowed: 405,
  not_acceptable: 406,
  request_timeout: 408,
  length_required: 411,
  too_large: 413,
  unsupported_media_type: 415,
  misdirected: 421,
  unusable_image: 422,
  headers_too_large: 431,
  internal: 500,
  overloaded: 503,
  too_late: 503,
  not_ready: 503,
  stopping: 503,
} as const;

export type ProblemCode = keyof typeof problemCodes;

/** Phrases of RFC 9110 and 6585. */
const titles: Record<number, string> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  406: 'Not Acceptable',
  408: 'Request Timeout',
  411: 'Length Required',
  413: 'Content Too Large',
  415: 'Unsupported Media Type',
  421: 'Misdirected Request',
  422: 'Unprocessable Content',
  431: 'Request Header Fields Too Large',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
};

export const problemType = 'application/problem+json; charset=utf-8';

/** A problem document. `type` is about:blank: `title` is the status in words, and `code` tells the cases apart. */
export interface ProblemDocument {
  type: 'about:blank';
  title: string;
  status: number;
  code: ProblemCode;
  detail: string;
  /** Of the request, as in the log and the header X-Request-Id. */
  instance?: string;
  /** Where a request had several images: why each can't be used, in their order. */
  images?: { error: string }[];
}

/** A request that is refused, thrown wherever that shows. */
export class Problem extends Error {
  constructor(
    readonly code: ProblemCode,
    detail: string,
    readonly more: {
      /** Seconds after which trying again makes sense. */
      retryAfter?: number;
      /** Methods that the path takes. */
      allow?: string;
      images?: { error: string }[];
    } = {},
  ) {
    super(detail);
  }

  get status(): number {
    return problemCodes[this.code];
  }
}

export function problemDocument(
  { code, message, status, more }: Problem,
  requestId?: string,
): ProblemDocument {
  return {
    type: 'about:blank',
    title: titles[status]!,
    status,
    code,
    detail: message,
    ...(requestId === undefined ? {} : { instance: `urn:uuid:${requestId}` }),
    ...(more.images === undefined ? {} : { images: more.images }),
  };
}
