/** What an error of the store's client means, in words for an operator and without anything that was sent (R11). Pure. */
export function problemOf(error: unknown): string {
  const { name, code, message } = toldBy(error);
  const known = meanings[name] ?? meanings[code ?? ''];
  if (known !== undefined) return `${known} (${code ?? name})`;
  if (code !== undefined) return `it cannot be reached (${code})`;
  const status = statusOf(error);
  if (status === 403) return `it does not let this key do that (${name})`;
  return `it answers ${status ?? 'nothing that is known'}: ${name}, ${message.slice(0, 200)}`;
}

/**
 * Whether the store said it of the one object that it was asked for, so that others may be had all the same. Pure.
 *
 * @param isRead It was asked to give it. Blocks that are lost make an error of the server's of that, as in MinIO; what the
 *   server cannot take, it can take of none.
 */
export function isOfOneObject(error: unknown, isRead: boolean): boolean {
  const { name } = toldBy(error);
  if (name === 'InvalidObjectState') return true;
  const status = statusOf(error) ?? 0;
  // Those of the key, those that pass by themselves, and those of what is no S3 store.
  const isOfAll = [401, 403, 408, 429].includes(status) || name in meanings || ofAll.test(name);
  return status >= 400 && (isRead || status < 500) && !isOfAll;
}

const ofAll = /^(NotFound|UnknownError|SlowDown|ServiceUnavailable|XMinioServerNotInitialized)$/;

function statusOf(error: unknown): number | undefined {
  const { $metadata } = error as { readonly $metadata?: { readonly httpStatusCode?: number } };
  return $metadata?.httpStatusCode;
}

const untrusted = 'its certificate is not trusted; caFile names who issued it';

const meanings: Readonly<Record<string, string>> = {
  NoSuchBucket: 'it has no such bucket',
  InvalidObjectState: 'it is archived there, and must be brought back first',
  NoSuchUpload: 'it has forgotten what was sent of it',
  RequestTimeout: 'it has waited for too long for what was sent',
  IncompleteBody: 'not all that was sent has come there',
  BadDigest: 'what was sent was changed on the way',
  QuotaExceeded: 'its quota is used up',
  XMinioAdminBucketQuotaExceeded: 'the quota of the bucket is used up',
  InvalidAccessKeyId: 'it does not know this access key',
  SignatureDoesNotMatch: 'the secret access key is not the one of this access key',
  AuthorizationHeaderMalformed: 'it takes no request for this region',
  RequestTimeTooSkewed: 'its clock and that of this machine are too far apart',
  XAmzContentSHA256Mismatch: 'what was sent was changed on the way',
  TimeoutError: 'it does not answer in time',
  AbortError: 'the coordinator was stopped meanwhile',
  ENOTFOUND: 'its name is not known',
  SELF_SIGNED_CERT_IN_CHAIN: untrusted,
  DEPTH_ZERO_SELF_SIGNED_CERT: untrusted,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: untrusted,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: untrusted,
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another name',
  CERT_HAS_EXPIRED: 'its certificate has ended, or the clock here is wrong',
};

function toldBy(error: unknown): {
  readonly name: string;
  readonly code: string | undefined;
  readonly message: string;
} {
  if (!(error instanceof Error)) return { name: 'Error', code: undefined, message: String(error) };
  // Of several addresses of one name each has failed in its own way.
  const cause = error instanceof AggregateError ? (error.errors[0] as Error) : error;
  const { code } = cause as NodeJS.ErrnoException;
  return { name: error.name, code: typeof code === 'string' ? code : undefined, message: error.message };
}
