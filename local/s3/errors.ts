import { MusterError } from '../../run/errors.js';

/** HTTP status and standard message of every error that this S3 answers with. Source: S3 API Reference, "Error responses". */
const answers = {
  AccessDenied: [403, 'Access Denied'],
  AuthorizationHeaderMalformed: [400, 'The authorization header that you provided is not valid.'],
  AuthorizationQueryParametersError: [400, 'The query parameters of the presigned URL are not valid.'],
  BadDigest: [400, 'The checksum or Content-MD5 that you specified did not match what we received.'],
  BucketAlreadyOwnedByYou: [409, 'Your previous request to create the named bucket succeeded and you already own it.'],
  BucketNotEmpty: [409, 'The bucket you tried to delete is not empty.'],
  EntityTooLarge: [400, 'Your proposed upload exceeds the maximum allowed object size.'],
  EntityTooSmall: [400, 'Your proposed upload is smaller than the minimum allowed size.'],
  IllegalLocationConstraintException: [
    400,
    'The specified location constraint is incompatible with the region this request was sent to.',
  ],
  IncompleteBody: [400, 'You did not provide the number of bytes specified by the Content-Length HTTP header.'],
  InternalError: [500, 'We encountered an internal error. Please try again.'],
  InvalidAccessKeyId: [403, 'The AWS Access Key Id you provided does not exist in our records.'],
  InvalidArgument: [400, 'Invalid Argument'],
  InvalidBucketName: [400, 'The specified bucket is not valid.'],
  InvalidDigest: [400, 'The Content-MD5 or checksum value that you specified is not valid.'],
  InvalidPart: [
    400,
    "One or more of the specified parts could not be found. The part might not have been uploaded, or the specified entity tag might not have matched the part's entity tag.",
  ],
  InvalidPartOrder: [400, 'The list of parts was not in ascending order. Parts must be ordered by part number.'],
  InvalidRange: [416, 'The requested range is not satisfiable'],
  InvalidRequest: [400, 'The request is not valid.'],
  InvalidTag: [400, 'The tag provided was not a valid tag.'],
  InvalidURI: [400, "Couldn't parse the specified URI."],
  KeyTooLongError: [400, 'Your key is too long.'],
  MalformedXML: [400, 'The XML you provided was not well-formed or did not validate against our published schema.'],
  MetadataTooLarge: [400, 'Your metadata headers exceed the maximum allowed metadata size.'],
  MethodNotAllowed: [405, 'The specified method is not allowed against this resource.'],
  MissingContentLength: [411, 'You must provide the Content-Length HTTP header.'],
  MalformedPolicy: [400, 'Policies must be valid JSON and the first byte must be an open brace.'],
  NoSuchBucket: [404, 'The specified bucket does not exist.'],
  NoSuchBucketPolicy: [404, 'The bucket policy does not exist'],
  NoSuchLifecycleConfiguration: [404, 'The lifecycle configuration does not exist'],
  NoSuchPublicAccessBlockConfiguration: [404, 'The public access block configuration was not found'],
  NoSuchTagSet: [404, 'The TagSet does not exist'],
  OwnershipControlsNotFoundError: [404, 'The bucket ownership controls were not found'],
  ServerSideEncryptionConfigurationNotFoundError: [404, 'The server side encryption configuration was not found'],
  NoSuchKey: [404, 'The specified key does not exist.'],
  NoSuchUpload: [
    404,
    'The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.',
  ],
  NotImplemented: [501, 'A header or query you provided implies functionality that is not implemented.'],
  PreconditionFailed: [412, 'At least one of the pre-conditions you specified did not hold'],
  RequestTimeTooSkewed: [403, 'The difference between the request time and the current time is too large.'],
  SignatureDoesNotMatch: [
    403,
    'The request signature we calculated does not match the signature you provided. Check your key and signing method.',
  ],
  XAmzContentSHA256Mismatch: [400, "The provided 'x-amz-content-sha256' header does not match what was computed."],
} as const satisfies Record<string, readonly [status: number, message: string]>;

export type S3ErrorCode = keyof typeof answers;

export interface S3ErrorOptions {
  /** Instead of the standard message. */
  message?: string;
  /** Elements of the error body beside Code and Message, such as Key. */
  details?: Record<string, string>;
  /** Headers of the error answer, such as Content-Range. */
  headers?: Record<string, string>;
  cause?: unknown;
}

/**
 * An answer of S3 that is an error. One class for all of them, unlike elsewhere in this project: to the program they
 * are one case (write the error document), and their codes are S3's own.
 */
export class S3Error extends MusterError {
  readonly code: S3ErrorCode;
  readonly status: number;
  readonly details: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string>>;

  constructor(code: S3ErrorCode, options: S3ErrorOptions = {}) {
    super(options.message ?? answers[code][1], { cause: options.cause });
    this.code = code;
    this.status = answers[code][0];
    this.details = options.details ?? {};
    this.headers = options.headers ?? {};
  }
}

/** The client went away before it had sent its whole request. There is nobody left to answer. */
export class ClientGoneError extends MusterError {
  readonly code = 'CLIENT_GONE';

  constructor(cause?: unknown) {
    super('The client closed the connection before the request was complete.', { cause });
  }
}

/** Files of the store do not fit together. */
export class StoreDamagedError extends MusterError {
  readonly code = 'S3_STORE_DAMAGED';

  constructor(directory: string, faults: readonly string[]) {
    super(`The S3 store in ${directory} is damaged: ${faults.join('; ')}.`, {
      remedy: 'Restore these files, or delete the directory to start with an empty S3.',
    });
  }
}
