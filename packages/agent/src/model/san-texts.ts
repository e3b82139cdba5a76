import { canonicalSans, type San } from '@picket/shared/pki/san.ts';
import { unlessRefused } from '../program/unless-refused.ts';

/** `type:value`, canonical and sorted, to compare names. A name that cannot be in a certificate stays unchanged. */
export function sanTexts(sans: readonly San[]): readonly string[] {
  const canonical = unlessRefused(
    () => canonicalSans(sans),
    () => sans,
  );
  return canonical.map(({ type, value }) => `${type}:${value}`).sort();
}
