const prefix = 'urn:picket:operator:';

/** Who did something, in one form: `operator ada` also for the URI that stands in the certificate of ada. */
export function byInWords(by: string): string {
  return by.startsWith(prefix) ? `operator ${by.slice(prefix.length)}` : by;
}
