import { networkCode, networkProblem, networkWords } from '@picket/shared/network-problem.ts';

/** An error of the store's client in words for an operator, without anything that was sent (R11). Pure. */
export function problemOf(error: unknown): string {
  const { name, code, message } = namedBy(error);
  const known = meanings[name] ?? connectionWords(code);
  if (known !== undefined) return `${known} (${code === '' ? name : code})`;
  if (code !== '') return `it cannot be reached (${code})`;
  const status = statusOf(error);
  if (status === 403) return `it does not allow this key to do that (${name})`;
  return `it answers ${status ?? 'an unknown status'}: ${name}, ${message.slice(0, 200)}`;
}

/**
 * True if the store's error is about one object, so that others may still work. Pure.
 *
 * @param isRead the request was to read the object. Some stores, such as MinIO, report lost blocks as an error of the
 *   server; for a write, such an error affects every object.
 */
export function isOfOneObject(error: unknown, isRead: boolean): boolean {
  const { name } = namedBy(error);
  if (name === 'InvalidObjectState') return true;
  const status = statusOf(error) ?? 0;
  // Errors of the key, temporary errors, and answers of something that is not an S3 store.
  const isOfAll = [401, 403, 408, 429].includes(status) || name in meanings || ofAll.test(name);
  return status >= 400 && (isRead || status < 500) && !isOfAll;
}

/** True if the store has no keys for the encryption that it was asked for, or none that it may use. Pure. */
export function cannotEncrypt(error: unknown): boolean {
  const { name, message } = namedBy(error);
  return name === 'NotImplemented' || (statusOf(error) !== undefined && /encrypt|\bKMS\b/i.test(message));
}

const ofAll = /^(NotFound|UnknownError|SlowDown|ServiceUnavailable|XMinioServerNotInitialized)$/;

function statusOf(error: unknown): number | undefined {
  const { $metadata } = error as { readonly $metadata?: { readonly httpStatusCode?: number } };
  return $metadata?.httpStatusCode;
}

const meanings: Readonly<Record<string, string>> = {
  NoSuchBucket: 'it has no such bucket',
  InvalidObjectState: 'it is archived there; restore it in the store first',
  NoSuchUpload: 'it no longer knows the upload',
  RequestTimeout: 'it waited too long for the data',
  IncompleteBody: 'it did not get all data',
  BadDigest: 'the data changed on the way',
  QuotaExceeded: 'its quota is used up',
  XMinioAdminBucketQuotaExceeded: 'the quota of the bucket is used up',
  InvalidAccessKeyId: 'it does not know this access key',
  SignatureDoesNotMatch: 'the secret access key does not match this access key',
  AuthorizationHeaderMalformed: 'it does not accept this region',
  RequestTimeTooSkewed: 'its clock and that of this machine are too far apart',
  XAmzContentSHA256Mismatch: 'the data changed on the way',
  TimeoutError: 'it does not answer in time',
  AbortError: 'the coordinator was stopped meanwhile',
};

function connectionWords(code: string): string | undefined {
  const problem = networkProblem(code);
  if (problem === undefined) return undefined;
  return problem === 'untrusted' ? `${networkWords(problem)}; caFile names who issued it` : networkWords(problem);
}

function namedBy(error: unknown): { readonly name: string; readonly code: string; readonly message: string } {
  if (!(error instanceof Error)) return { name: 'Error', code: '', message: String(error) };
  return { name: error.name, code: networkCode(error), message: error.message };
}
