import { PicketError } from '@picket/shared/errors.ts';
import { canonicalSans, type San } from '@picket/shared/pki/san.ts';

/** `type:value`, canonical and sorted, to compare names. A name that cannot be in a certificate stays unchanged. */
export function sanTexts(sans: readonly San[]): readonly string[] {
  return canonical(sans)
    .map(({ type, value }) => `${type}:${value}`)
    .sort();
}

function canonical(sans: readonly San[]): readonly San[] {
  try {
    return canonicalSans(sans);
  } catch (error) {
    if (error instanceof PicketError) return sans;
    throw error;
  }
}
