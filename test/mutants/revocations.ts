import type { Mutant } from './mutant.ts';

const coordinator = 'packages/coordinator/src';
const caughtBy = 'packages/coordinator/test/authority/revocation.test.ts';

/** What keeps a revocation from being forgotten too early. */
export const revocations: readonly Mutant[] = [
  {
    id: 'forgets-a-key-in-use',
    rule: 'R8',
    does: 'forgets the revocation of a key that a node has',
    file: `${coordinator}/inventory/certificates.ts`,
    in: 'certificateRepository.endedRevocations',
    guard: { text: 'holder."spkiHash" = revoked."spkiHash"' },
    without: 'holder."spkiHash" = \'\'',
    caughtBy,
  },
  {
    id: 'forgets-beside-a-good-one',
    rule: 'R8',
    does: 'forgets the revocation of a key that has another certificate which has not ended',
    file: `${coordinator}/inventory/certificates.ts`,
    in: 'certificateRepository.endedRevocations',
    guard: { text: 'revoked."spkiHash" and other."notAfter" >= ' },
    without: 'revoked."spkiHash" and other.serial = \'\' and other."notAfter" >= ',
    caughtBy,
  },
  {
    id: 'appends-to-a-lost-file',
    rule: 'R12',
    does: 'appends to another file of revocations than the one that it has made',
    file: `${coordinator}/authority/revocation-log.ts`,
    in: 'withoutThese',
    guard: 'await handle?.close(); handle = null;',
    without: '',
    caughtBy,
  },
];
